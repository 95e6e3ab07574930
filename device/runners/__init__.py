"""What answers sources with a bundle, one module for each family of tasks."""
