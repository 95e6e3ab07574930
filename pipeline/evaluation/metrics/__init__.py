"""Metrics that compare hypotheses with references, one module for each family of metrics."""
