"""Checkpoints: weights, optimizer and progress in one file, which appears whole or not at all."""

import dataclasses
import json
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import keras
import numpy as np

from seq2edge.device.errors import UserError
from seq2edge.pipeline.files import write_arrays

FILE = "checkpoint.npz"


@dataclass
class Progress:
    """How far a training is: what has to survive a kill beside weights and optimizer."""

    epoch: int = 0  # finished epochs
    best: float | None = None
    best_epoch: int = 0
    seconds: float = 0.0  # spent in training so far
    averaged: bool = False  # whether the mean of the last epochs was tried
    history: list[dict[str, float]] = field(default_factory=list)


def save_checkpoint(folder: Path, model: keras.Model, progress: Progress) -> None:
    """Write FOLDER/checkpoint.npz over the former one."""
    arrays = {f"weight_{i}": np.asarray(weight) for i, weight in enumerate(model.weights)}
    arrays |= {f"optimizer_{i}": np.asarray(variable) for i, variable in enumerate(model.optimizer.variables)}
    write_arrays(folder / FILE, arrays | _as_array(progress))


def save_progress(folder: Path, progress: Progress) -> None:
    """Write a checkpoint's progress anew, and leave its weights."""
    with np.load(folder / FILE, allow_pickle=False) as arrays:
        write_arrays(folder / FILE, dict(arrays) | _as_array(progress))


def _as_array(progress: Progress) -> dict[str, np.ndarray]:
    return {"progress": np.array(json.dumps(dataclasses.asdict(progress)))}


def load_checkpoint(folder: Path, model: keras.Model) -> Progress | None:
    """Put a checkpoint's weights and optimizer into a compiled model.

    Returns:
        Its progress, or None where there is no checkpoint.

    Raises:
        UserError: If it belongs to a model of another shape.
    """
    found = read_checkpoint(folder, model)
    if found is None:
        return None
    progress, values = found
    for variable, value in zip(state(model), values, strict=True):
        variable.assign(value)
    return progress


def read_checkpoint(folder: Path, model: keras.Model) -> tuple[Progress, list[np.ndarray]] | None:
    """A checkpoint's progress and the values for `state` of a compiled model, which is left as it is."""
    path = folder / FILE
    if not path.is_file():
        return None
    with np.load(path, allow_pickle=False) as arrays:
        model.optimizer.build(model.trainable_variables)
        values = _values(path, model.weights, arrays, "weight")
        values += _values(path, model.optimizer.variables, arrays, "optimizer")
        return Progress(**json.loads(str(arrays["progress"]))), values


def state(model: keras.Model) -> list[Any]:
    """The variables of a compiled model that a checkpoint has."""
    return [*model.weights, *model.optimizer.variables]


def _values(path: Path, variables: list[Any], arrays: Any, kind: str) -> list[np.ndarray]:
    found = sum(name.startswith(f"{kind}_") for name in arrays.files)
    if found != len(variables):
        raise UserError(f"{path}: holds {found} {kind} arrays, the recipe's model has {len(variables)}")
    values = [arrays[f"{kind}_{index}"] for index in range(found)]
    for variable, value in zip(variables, values, strict=True):
        if tuple(value.shape) != tuple(variable.shape):
            raise UserError(
                f"{path}: {variable.path} has the shape {value.shape}, the recipe's model needs {tuple(variable.shape)}"
            )
    return values
