"""Manifests: the content of bundle.json, for each family of models."""
