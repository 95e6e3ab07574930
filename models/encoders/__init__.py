"""Encoders: layers from embedded source tokens to memory."""
