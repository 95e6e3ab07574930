"""Evaluation of runs and bundles."""
