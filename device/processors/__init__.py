"""Processors: they convert sources to features, in training and on the device."""
