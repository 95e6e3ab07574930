"""Data: from files of pairs to datasets and batches."""
