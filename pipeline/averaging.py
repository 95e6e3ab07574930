"""Means of weights: a moving average within a training, and the mean of its last epochs."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import keras
import numpy as np

from seq2edge.pipeline.files import write_arrays

FOLDER = "epochs"


@contextmanager
def averaged_weights(model: keras.Model) -> Iterator[None]:
    """Within it a compiled model has the optimizer's moving average for weights, where the optimizer keeps one."""
    optimizer = getattr(model.optimizer, "inner_optimizer", model.optimizer)  # of mixed_float16
    averages = getattr(optimizer, "_model_variables_moving_average", None)
    if not averages:
        yield
        return
    weights = list(optimizer._trainable_variables)
    before = [np.array(weight) for weight in weights]
    for weight, average in zip(weights, averages, strict=True):
        weight.assign(average)
    try:
        yield
    finally:
        for weight, value in zip(weights, before, strict=True):
            weight.assign(value)


def keep_epoch(folder: Path, model: keras.Model, epoch: int, number: int) -> None:
    """Keep the weights of an epoch in FOLDER/epochs, and no more than the last `number`."""
    path = folder / FOLDER
    path.mkdir(exist_ok=True)
    arrays = {f"weight_{i}": np.asarray(weight) for i, weight in enumerate(model.weights)}
    write_arrays(path / f"{epoch:05}.npz", arrays)
    for old in sorted(path.glob("*.npz"))[:-number]:
        old.unlink()


def load_mean(folder: Path, model: keras.Model) -> int:
    """Give a model the mean of the kept epochs' weights; return how many they were."""
    paths = sorted((folder / FOLDER).glob("*.npz"))
    sums = [np.zeros(weight.shape, "float64") for weight in model.weights]
    for path in paths:
        with np.load(path, allow_pickle=False) as arrays:
            for total, name in zip(sums, arrays.files, strict=True):
                total += arrays[name]
    for weight, total in zip(model.weights, sums, strict=True):
        if keras.backend.is_float_dtype(weight.dtype):  # not the seeds of dropout
            weight.assign(total / len(paths))
    return len(paths)
