"""A copy of the model in training, to be scored and kept."""

from typing import Any

import keras
import numpy as np

from seq2edge.pipeline.families.interface import Family
from seq2edge.pipeline.training.parallel.distribution import undistributed


class Snapshot:
    """The model that is scored and kept: in float32, on one device, with averaged weights if the optimizer has them.

    It shares no variables with the model in training, which therefore stays as it is.
    """

    def __init__(self, family: Family, config: Any):
        with undistributed():
            self.models = family.build_models(config)

    def take(self, fitted: keras.Model) -> None:
        """Copy the weights of the compiled model in training."""
        optimizer = getattr(fitted.optimizer, "inner_optimizer", fitted.optimizer)  # mixed_float16 wraps it
        averages = getattr(optimizer, "_model_variables_moving_average", None)
        averaged = dict(zip(map(id, fitted.trainable_weights), averages or (), strict=bool(averages)))
        trained = getattr(fitted, "model", fitted)  # within a training pass
        for weight, value in zip(self.models.training.weights, trained.weights, strict=True):
            weight.assign(np.asarray(averaged.get(id(value), value)))
