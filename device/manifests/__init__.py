"""Manifests: what bundle.json says, for each family of models."""
