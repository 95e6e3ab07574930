"""Families of models: what is built, how rows become a batch, and how answers are made."""
