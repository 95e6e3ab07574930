"""Prepares data, trains models and evaluates them."""
