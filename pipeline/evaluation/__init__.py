"""Scores of runs and bundles."""
