"""Run a bundle with numpy, sentencepiece and LiteRT (or tflite-runtime); nothing here knows TensorFlow or Keras."""
