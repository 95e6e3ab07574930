"""Trains models on prepared data, and writes runs."""
