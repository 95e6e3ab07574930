"""Keras models: encoder-decoders and text classifiers, built with the functional API."""
