"""Ends a diverging training: loss or gradients are not finite, or the loss stays far above that of guessing."""

import math
from collections.abc import Callable
from typing import Any

import keras
import numpy as np

from seq2edge.device.errors import CheckError

SHOWN_SOURCES, SHOWN_CHARACTERS = 3, 80
ADVICE = 'the last good checkpoint is kept. Try a smaller training.learning_rate or clip_norm, or precision = "float32"'
# Limits of the number of consecutive steps in which the loss may be far above that of guessing. Between them, it is the
# number of steps in an epoch.
FEWEST_STEPS, MOST_STEPS = 20, 200


def far_loss(classes: int) -> float:
    """Return a loss from which no training recovers: four times that of guessing among these classes, plus a margin."""
    return 4 * (math.log(max(classes, 2)) + 1)


class StopOnDivergence(keras.callbacks.Callback):
    """Ends a diverging training with an error that names the step and the sources.

    Gradients are clipped by their global norm. So a single gradient that is not finite makes all weights NaN, and it is
    enough to check the smallest variable.

    Args:
        steps_per_epoch: Number of steps in an epoch.
        first_epoch: Index of the first epoch of this `fit`.
        far: A loss from which no training recovers; see `far_loss`.
        sources: Returns descriptions of a batch's sources, given the index of the batch in this `fit`.

    Raises:
        CheckError: At the first step whose loss or gradients are infinite or NaN, after too many consecutive steps with
            a loss above `far`, or after an epoch with such a validation loss.
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
        mean = float(logs["loss"])  # mean loss of the epoch so far
        loss = mean + batch * (mean - self.mean)  # approximate loss of this step, because batch sizes differ
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
                f"the validation loss must be at most {self.far:.3g}, got {loss:.3g} after epoch {epoch + 1}; {ADVICE}"
            )

    def _weights_are_finite(self) -> bool:
        if self.smallest is None:
            return True
        # With JAX, the model's variables get the weights only at the end of an epoch.
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
