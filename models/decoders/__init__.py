"""Decoders: layers from embedded target tokens and memory to the vectors that the output layer reads."""
