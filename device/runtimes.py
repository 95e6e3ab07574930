"""The runtimes of model files, by name alone: whoever asks for one of them may have none installed."""

RUNTIMES = {"ai_edge_litert": "LiteRT", "tflite_runtime": "tflite-runtime"}  # package: its name in messages
