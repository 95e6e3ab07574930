"""A copy of the model in training, which is scored and saved."""

from typing import Any

import keras
import numpy as np

from seq2edge.pipeline.families.interface import Family
from seq2edge.pipeline.training.parallel.distribution import undistributed


class Snapshot:
    """The model to score and save: in float32, on one device, with averaged weights if the optimizer has them.

    It shares no variables with the model in training, so that copying does not affect the training.
    """

    def __init__(self, family: Family, config: Any):
        with undistributed():
            self.models = family.build_models(config)

    def take(self, fitted: keras.Model) -> None:
        """Copy the weights of the compiled model in training."""
        optimizer = getattr(fitted.optimizer, "inner_optimizer", fitted.optimizer)  # mixed_float16 wraps it
        averages = getattr(optimizer, "_model_variables_moving_average", None)
        averaged = dict(zip(map(id, fitted.trainable_weights), averages or (), strict=bool(averages)))
        trained = getattr(fitted, "model", fitted)  # a training pass wraps it
        for weight, value in zip(self.models.training.weights, trained.weights, strict=True):
            weight.assign(np.asarray(averaged.get(id(value), value)))
