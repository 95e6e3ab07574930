"""Test vectors of bundles: texts with the outputs of the model at export."""
