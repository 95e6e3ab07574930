"""A web page for bundles, built with Gradio."""
