"""The callbacks of a training. `build` creates them in their order."""
