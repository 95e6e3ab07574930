"""Training: from a prepared dataset to a run."""
