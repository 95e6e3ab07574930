"""Names of the supported runtimes. Importing this module does not import a runtime, so none has to be installed."""

RUNTIMES = {"ai_edge_litert": "LiteRT", "tflite_runtime": "tflite-runtime"}  # package: name in messages
