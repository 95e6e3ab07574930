"""Encoders: embedded source tokens to memory."""
