"""What happens in a training beside its steps: each callback in a module, and `build` that puts them in order."""
