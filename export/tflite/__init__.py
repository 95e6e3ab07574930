"""Converts a SavedModel to a TFLite file that every target runtime can run."""
