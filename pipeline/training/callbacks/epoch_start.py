"""Callbacks that set values when an epoch starts.

The values depend on epoch and history only, so that a resumed training uses the same ones.
"""

from typing import Any

import keras
import numpy as np

from seq2edge.pipeline.training.progress import Progress, is_better


class SeedDropout(keras.callbacks.Callback):
    """Derives the state of every seed generator from seed and epoch, because checkpoints do not store it."""

    def __init__(self, seed: int):
        super().__init__()
        self.seed = seed

    def on_epoch_begin(self, epoch: int, logs: Any = None) -> None:
        states = [v for v in self.model.variables if v.path.endswith("seed_generator_state")]
        values = np.random.default_rng([self.seed, epoch]).integers(0, 2**31, (len(states), 2))
        for state, value in zip(states, values, strict=True):
            state.assign(value.astype("uint32"))


class RaiseSamplingRate(keras.callbacks.Callback):
    """Raises the sampling rate of `ScheduledSampling` from epoch to epoch."""

    def on_epoch_begin(self, epoch: int, logs: Any = None) -> None:
        self.model.set_epoch(epoch, self.params["epochs"])


class ReduceLROnPlateau(keras.callbacks.Callback):
    """Halves the learning rate after every `patience` epochs without a better score.

    Keras' callback of the same name counts epochs itself, and would lose the count in a resumed training.

    Args:
        progress: Progress of the training, with the history of scores.
        score: Name of the score, such as "bleu".
        peak: Learning rate before the first reduction.
        patience: Epochs without a better score before a reduction.
    """

    def __init__(self, progress: Progress, score: str, peak: float, patience: int):
        super().__init__()
        self.progress, self.score, self.peak, self.patience = progress, score, peak, patience

    def on_epoch_begin(self, epoch: int, logs: Any = None) -> None:
        self.model.optimizer.learning_rate = self.peak * 0.5 ** self.reductions()

    def reductions(self) -> int:
        """Return how many reductions the history requires."""
        best: float | None = None
        waited = reductions = 0
        for row in self.progress.history:
            value = row[f"val_{self.score}"]
            if is_better(self.score, value, best):
                best, waited = value, 0
            else:
                waited += 1
                if waited == self.patience:
                    reductions, waited = reductions + 1, 0
        return reductions
