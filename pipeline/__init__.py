"""From pairs of text to a trained, scored model."""
