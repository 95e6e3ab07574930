"""Ends a training whose loss or gradients are not finite, or whose loss is far above that of guessing for long."""

import math
from collections.abc import Callable
from typing import Any

import keras
import numpy as np

from seq2edge.device.errors import CheckError

SHOWN_SOURCES, SHOWN_CHARACTERS = 3, 80
ADVICE = 'the last good checkpoint is kept. Try a smaller training.learning_rate or clip_norm, or precision = "float32"'
FEWEST_STEPS, MOST_STEPS = 20, 200  # that the loss may be far above guessing in a row; an epoch, between the two


def far_loss(classes: int) -> float:
    """A loss that no training recovers from: four times that of guessing among so many classes, and some."""
    return 4 * (math.log(max(classes, 2)) + 1)


class StopOnDivergence(keras.callbacks.Callback):
    """Ends the training with an error that names the step and the sources.

    Gradients are clipped by their global norm, so one that is not finite makes all weights NaN: those of the smallest
    variable tell.

    Args:
        steps_per_epoch: Number of steps in an epoch.
        first_epoch: Index of the epoch that this `fit` starts with.
        far: As `far_loss`.
        sources: From the index of a batch in this `fit` to descriptions of its sources.

    Raises:
        CheckError: At the first step whose loss or gradients are infinite or not a number, after too many steps whose
            loss is far, or after an epoch with such a validation loss.
    """

    def __init__(self, steps_per_epoch: int, first_epoch: int, far: float, sources: Callable[[int], list[str]]):
        super().__init__()
        self.steps_per_epoch, self.first_epoch, self.far, self.sources = steps_per_epoch, first_epoch, far, sources
        self.patience = min(max(FEWEST_STEPS, steps_per_epoch), MOST_STEPS)
        self.steps_in_a_row = 0

    def on_train_begin(self, logs: Any = None) -> None:
        sizes = [math.prod(variable.shape) for variable in self.model.trainable_variables]
        self.smallest = sizes.index(min(sizes)) if sizes else None

    def on_epoch_begin(self, epoch: int, logs: Any = None) -> None:
        self.epoch, self.mean = epoch, 0.0

    def on_train_batch_end(self, batch: int, logs: dict[str, float] | None = None) -> None:
        if not logs:
            return
        mean = float(logs["loss"])  # of the epoch so far
        loss = mean + batch * (mean - self.mean)  # of this step, nearly, as batches differ in size
        self.mean = mean
        if not math.isfinite(mean):
            self._stop(batch, f"the loss is {mean}")
        if not self._weights_are_finite():
            self._stop(batch, "the gradients are not finite numbers")
        self.steps_in_a_row = self.steps_in_a_row + 1 if loss > self.far else 0
        if self.steps_in_a_row >= self.patience:
            self._stop(batch, f"the loss is {loss:.3g}, above {self.far:.3g} for {self.steps_in_a_row} steps,")

    def on_epoch_end(self, epoch: int, logs: dict[str, float] | None = None) -> None:
        loss = float((logs or {}).get("val_loss", 0.0))
        if not loss <= self.far:  # or not a number
            raise CheckError(
                f"the validation loss is {loss:.3g} after epoch {epoch + 1}, allowed is up to {self.far:.3g}; {ADVICE}"
            )

    def _weights_are_finite(self) -> bool:
        if self.smallest is None:
            return True
        # On JAX the weights of a step are not in the model's variables until the epoch ends.
        state = getattr(self.model, "_jax_state", None)
        values = state["trainable_variables"] if state else self.model.trainable_variables
        return bool(np.isfinite(keras.ops.convert_to_numpy(values[self.smallest])).all())

    def _stop(self, batch: int, what: str) -> None:
        index = (self.epoch - self.first_epoch) * self.steps_per_epoch + batch
        sources = self.sources(index)
        shown = ", ".join(repr(source[:SHOWN_CHARACTERS]) for source in sources[:SHOWN_SOURCES])
        more = f" and {len(sources) - SHOWN_SOURCES} more" if len(sources) > SHOWN_SOURCES else ""
        raise CheckError(
            f"{what} at step {self.epoch * self.steps_per_epoch + batch + 1} (epoch {self.epoch + 1}); {ADVICE}. "
            f"Sources of the batch: {shown}{more}"
        )
