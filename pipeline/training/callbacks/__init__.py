"""Callbacks of a training, and `build`, which puts them in order."""
