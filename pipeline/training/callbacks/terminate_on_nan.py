"""Ends a training whose loss is not a finite number."""

import math
from collections.abc import Callable
from typing import Any

import keras

from seq2edge.device.errors import UserError


class TerminateOnNaN(keras.callbacks.Callback):
    """Ends the training with an error that names the step and the sources; Keras' callback of this name does not.

    Args:
        steps_per_epoch: Number of steps in an epoch.
        first_epoch: Index of the epoch that this `fit` starts with.
        sources: From the index of a batch in this `fit` to descriptions of its sources.

    Raises:
        UserError: At the first step whose loss is infinite or not a number.
    """

    def __init__(self, steps_per_epoch: int, first_epoch: int, sources: Callable[[int], list[str]]):
        super().__init__()
        self.steps_per_epoch, self.first_epoch, self.sources = steps_per_epoch, first_epoch, sources

    def on_epoch_begin(self, epoch: int, logs: Any = None) -> None:
        self.epoch = epoch

    def on_train_batch_end(self, batch: int, logs: dict[str, float] | None = None) -> None:
        if logs and not math.isfinite(float(logs["loss"])):
            index = (self.epoch - self.first_epoch) * self.steps_per_epoch + batch
            sources = "\n".join(f"  {source}" for source in self.sources(index))
            raise UserError(
                f"the loss is {float(logs['loss'])} at step {self.epoch * self.steps_per_epoch + batch + 1} (epoch "
                f"{self.epoch + 1}); the checkpoint of epoch {self.epoch} is kept. Try a smaller "
                f'training.learning_rate or clip_norm, or precision = "float32". Sources of the batch:\n{sources}'
            )
