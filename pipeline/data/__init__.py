"""Reads files of pairs, prepares datasets and makes batches."""
