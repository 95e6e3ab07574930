"""Recipes: their keys, and reading them from TOML."""
