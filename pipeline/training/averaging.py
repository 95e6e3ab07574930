"""Checkpoint averaging: the mean of the last epochs' weights, kept if it scores better than the best epoch."""

import sys
from pathlib import Path

import keras
import numpy as np

from seq2edge.device.terminal import write
from seq2edge.pipeline.families.registry import family_of
from seq2edge.pipeline.files import write_arrays
from seq2edge.pipeline.training.checkpoint import save_model, save_progress
from seq2edge.pipeline.training.progress import is_better
from seq2edge.pipeline.training.setup import TrainingSetup, validation_batches
from seq2edge.pipeline.training.validation import validator

FOLDER = "epochs"


def keep_epoch(folder: Path, model: keras.Model, epoch: int, number: int) -> None:
    """Write the weights after an epoch into FOLDER/epochs, and delete all but the last `number` files there."""
    path = folder / FOLDER
    path.mkdir(exist_ok=True)
    arrays = {f"weight_{i}": np.asarray(weight) for i, weight in enumerate(model.weights)}
    write_arrays(path / f"{epoch:05}.npz", arrays)
    for old in sorted(path.glob("*.npz"))[:-number]:
        old.unlink()


def load_mean(folder: Path, model: keras.Model) -> int:
    """Load the mean of the kept epochs' weights into a model, and return the number of epochs."""
    paths = sorted((folder / FOLDER).glob("*.npz"))
    sums = [np.zeros(weight.shape, "float64") for weight in model.weights]
    for path in paths:
        with np.load(path, allow_pickle=False) as arrays:
            for total, name in zip(sums, arrays.files, strict=True):
                total += arrays[name]
    for weight, total in zip(model.weights, sums, strict=True):
        if keras.backend.is_float_dtype(weight.dtype):  # skips the seeds of dropout
            weight.assign(total / len(paths))
    return len(paths)


def keep_better_mean(setup: TrainingSetup, output: Path, quiet: bool) -> None:
    """Evaluate the mean of the last epochs' weights, and keep it as the run's model if it beats the best epoch."""
    recipe, data, progress = setup.recipe, setup.data, setup.progress
    score = recipe.training.stop_on
    family = family_of(recipe.task)
    models = family.build_models(setup.models.config)
    number = load_mean(output, models.training)
    if score == "loss":
        models.training.compile(loss=family.loss(recipe.training))
        value = models.training.evaluate(validation_batches(recipe, data).for_fit(), verbose=0)
    else:
        value = validator(models, recipe, data)().scores[score]
    better = is_better(score, value, progress.best)
    if better:
        progress.best = value
        save_model(output, models.training)
    progress.averaged = True
    save_progress(output, progress)
    if not quiet:
        kept = "kept" if better else "not kept"
        write(f"mean of the last {number} epochs: validation {score} {value:.4g}, {kept}", file=sys.stderr)
