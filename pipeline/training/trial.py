"""Estimates how long a training takes on this machine, from a few steps."""

import time
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import keras

from seq2edge.pipeline.data.dataset import split_line
from seq2edge.pipeline.data.prepare import PrepareOptions, prepare
from seq2edge.pipeline.data.readers import Pair
from seq2edge.pipeline.data.sharding import WHOLE_BATCH
from seq2edge.pipeline.files import write_text
from seq2edge.pipeline.recipe_schema.data import File
from seq2edge.pipeline.recipe_schema.recipe import Recipe
from seq2edge.pipeline.recipe_schema.seq2seq import Model
from seq2edge.pipeline.training.callbacks.build import build_callbacks, build_recorders
from seq2edge.pipeline.training.setup import TrainingSetup, set_up, training_batches, validation_batches

STEPS = 20  # number of steps in each of two epochs; the first one compiles, the second one is timed
FILE = "pairs.jsonl"


@dataclass(frozen=True)
class Estimate:
    """Estimated times of a training on this machine.

    Attributes:
        start: Seconds until the first step is done, including preparation and compilation.
        step: Seconds per step.
        scoring: Seconds per epoch after its steps, for validation, scores, checkpoint and plots.
        steps: Number of steps in an epoch.
        epochs: Largest number of epochs.
    """

    start: float
    step: float
    scoring: float
    steps: int
    epochs: int

    @property
    def seconds(self) -> float:
        """The longest training time. The training ends earlier if its score no longer improves."""
        return self.start + self.epochs * (self.steps * self.step + self.scoring)


class _Timer(keras.callbacks.Callback):
    """Measures when the last epoch begins, takes its last step, and ends. It must be the last callback."""

    def on_epoch_begin(self, epoch: int, logs: Any = None) -> None:
        self.begun = time.monotonic()

    def on_train_batch_end(self, batch: int, logs: Any = None) -> None:
        self.trained = time.monotonic()

    def on_epoch_end(self, epoch: int, logs: Any = None) -> None:
        self.ended = time.monotonic()


def estimate(recipe: Recipe, sample: Sequence[Pair], total: int, typical: int, folder: Path) -> Estimate:
    """Train a recipe for a few steps.

    Args:
        recipe: The recipe.
        sample: Raw pairs of the recipe's files.
        total: Number of pairs in the files.
        typical: Typical number of tokens of a target. It limits the answers, because those of a model that has learned
            nothing do not end by themselves.
        folder: An empty folder for the trial.

    Raises:
        UserError: If the recipe does not suit the sample.
    """
    started = time.monotonic()
    sample = _with_frequent_labels(recipe, sample)
    write_text(folder / FILE, "".join(map(split_line, sample)))
    file = File(path=FILE, format="jsonl", source="source", target="target")
    short = {"epochs": 2, "steps_per_epoch": STEPS, "tensorboard": False}
    trial = recipe.model_copy(
        update={
            "data": recipe.data.model_copy(update={"files": [file]}),
            "training": recipe.training.model_copy(update=short),
        }
    )
    data = prepare(trial, folder, PrepareOptions(folder, quiet=True))
    passes = training_batches(trial, data).steps_per_pass
    setup = set_up(trial, data, WHOLE_BATCH)
    timer = _fit(setup, typical, folder)
    step, scoring = (timer.trained - timer.begun) / STEPS, timer.ended - timer.trained
    return Estimate(
        start=timer.begun - started - scoring - STEPS * step,
        step=step,
        scoring=scoring,
        steps=recipe.training.steps_per_epoch or max(1, round(passes * total / len(sample))),
        epochs=recipe.training.epochs,
    )


def _fit(setup: TrainingSetup, typical: int, folder: Path) -> _Timer:
    """Train for two short epochs, with everything that a training does after an epoch."""
    recipe, scored = setup.recipe, setup
    model = recipe.model
    if isinstance(model, Model):
        shorter = replace(model, target_length=min(model.target_length, 2 * typical))
        scored = replace(setup, recipe=recipe.model_copy(update={"model": shorter}))
    batches, timer = training_batches(recipe, setup.data, steps=2 * STEPS), _Timer()
    setup.fitted.fit(
        batches.for_fit(),
        validation_data=validation_batches(recipe, setup.data).for_fit(),
        epochs=2,
        steps_per_epoch=STEPS,
        callbacks=[*build_callbacks(setup, batches, None, build_recorders(scored, folder, quiet=True)), timer],
        shuffle=False,
        verbose=0,
    )
    return timer


def _with_frequent_labels(recipe: Recipe, sample: Sequence[Pair]) -> Sequence[Pair]:
    """Return the pairs whose labels have enough examples in the sample to be split."""
    if "target" in recipe.TEXT_SIDES:
        return sample
    counts = Counter(pair.target for pair in sample)
    return [pair for pair in sample if counts[pair.target] > 1]
