"""Families of models: the signatures, manifests and verification of their exports."""
