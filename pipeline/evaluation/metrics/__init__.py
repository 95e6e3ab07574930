"""Scores of hypotheses against references, one module for each family of metrics."""
