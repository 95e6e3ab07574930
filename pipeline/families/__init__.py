"""Families of models. Each builds its models, makes batches for them, and answers sources with them."""
