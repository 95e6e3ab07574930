"""The exports of each family of models: signatures, manifest and verification."""
