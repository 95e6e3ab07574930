"""Test vectors of bundles: texts with the outputs that the model had when it was exported."""
