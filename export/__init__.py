"""Export of trained runs: verified TFLite bundles, SavedModel and ONNX."""
