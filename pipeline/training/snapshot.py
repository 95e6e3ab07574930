"""A copy of the model in training, to be scored and kept."""

import keras
import numpy as np

from seq2edge.models.config import Seq2SeqConfig
from seq2edge.models.seq2seq import build_seq2seq
from seq2edge.pipeline.training.parallel.distribution import undistributed


class Snapshot:
    """The model that is scored and kept: in float32, on one device, with averaged weights if the optimizer has them.

    It shares no variables with the model in training, which therefore stays as it is.
    """

    def __init__(self, config: Seq2SeqConfig):
        with undistributed():
            self.model = build_seq2seq(config)

    def take(self, fitted: keras.Model) -> None:
        """Copy the weights of the compiled model in training."""
        optimizer = getattr(fitted.optimizer, "inner_optimizer", fitted.optimizer)  # mixed_float16 wraps it
        averages = getattr(optimizer, "_model_variables_moving_average", None)
        values = averages or fitted.trainable_weights
        for weight, value in zip(self.model.training.trainable_weights, values, strict=True):
            weight.assign(np.asarray(value))
