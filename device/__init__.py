"""Runs bundles with numpy, sentencepiece and LiteRT or tflite-runtime, without TensorFlow or Keras."""
