"""Runners: they answer sources with a bundle. Each family of models has a module."""
