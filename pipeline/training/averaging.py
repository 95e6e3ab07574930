"""Means of weights: a moving average within a training, and the mean of its last epochs."""

from pathlib import Path

import keras
import numpy as np

from seq2edge.models.config import Seq2SeqConfig
from seq2edge.models.seq2seq import build_seq2seq
from seq2edge.pipeline.files import write_arrays
from seq2edge.pipeline.training.parallel.distribution import undistributed

FOLDER = "epochs"


class Snapshot:
    """The model as it is scored and kept: on one device, with the moving average for weights where there is one.

    It is a model of its own, so that the one in training stays as it is.
    """

    def __init__(self, config: Seq2SeqConfig):
        with undistributed():
            self.model = build_seq2seq(config)

    def take(self, fitted: keras.Model) -> None:
        """Copy the weights of the compiled model in training."""
        optimizer = getattr(fitted.optimizer, "inner_optimizer", fitted.optimizer)  # of mixed_float16
        averages = getattr(optimizer, "_model_variables_moving_average", None)
        values = averages or fitted.trainable_weights
        for weight, value in zip(self.model.training.trainable_weights, values, strict=True):
            weight.assign(np.asarray(value))


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
