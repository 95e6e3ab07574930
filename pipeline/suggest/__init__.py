"""Suggests a recipe for a user's file of pairs."""
