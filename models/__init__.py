"""What is learned: Keras functional encoder-decoder models."""
