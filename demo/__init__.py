"""A Gradio page over one or more bundles."""
