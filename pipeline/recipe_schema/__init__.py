"""Recipes: their sections and keys, and functions that load and check them."""
