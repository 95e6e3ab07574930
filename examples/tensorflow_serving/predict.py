"""Runs a SavedModel in Python with tensorflow and tensorflow-text, without seq2edge.

python predict.py served/captions/1 "A dog runs."
"""

import sys

import tensorflow as tf
import tensorflow_text  # noqa: F401 - registers the tokenizer's operators

model = tf.saved_model.load(sys.argv[1])
print(model.signatures["beam"](text=tf.constant(sys.argv[2:]))["text"])
