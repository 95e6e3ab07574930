"""Files of a training: the best model, and a checkpoint of weights, optimizer and progress to resume from."""

import dataclasses
import json
from pathlib import Path
from typing import Any

import keras
import numpy as np

from seq2edge.device.errors import UserError
from seq2edge.pipeline.files import CHECKPOINT_FILE, MODEL_FILE, UNREADABLE, whole_file, write_arrays
from seq2edge.pipeline.training.progress import Progress


def save_checkpoint(folder: Path, model: keras.Model, progress: Progress) -> None:
    """Write FOLDER/checkpoint.npz. It replaces the previous one."""
    model.optimizer.build(model.trainable_variables)
    arrays = {f"weight_{i}": np.asarray(weight) for i, weight in enumerate(model.weights)}
    arrays |= {f"optimizer_{i}": np.asarray(variable) for i, variable in enumerate(model.optimizer.variables)}
    write_arrays(folder / CHECKPOINT_FILE, arrays | _as_array(progress))


def save_progress(folder: Path, progress: Progress) -> None:
    """Replace the progress in a checkpoint, and keep its weights."""
    with np.load(folder / CHECKPOINT_FILE, allow_pickle=False) as arrays:
        write_arrays(folder / CHECKPOINT_FILE, dict(arrays) | _as_array(progress))


def save_model(folder: Path, model: keras.Model) -> None:
    """Write FOLDER/model.keras. It replaces the previous one."""
    with whole_file(folder / MODEL_FILE, suffix=".tmp.keras") as temporary:  # Keras requires its suffix
        model.save(temporary)


def _as_array(progress: Progress) -> dict[str, np.ndarray]:
    return {"progress": np.array(json.dumps(dataclasses.asdict(progress)))}


def load_checkpoint(folder: Path, model: keras.Model) -> Progress | None:
    """Load a checkpoint into a compiled model.

    Returns:
        The progress of the checkpoint, or None if there is no checkpoint.

    Raises:
        UserError: If the checkpoint is damaged or belongs to another model.
    """
    found = read_checkpoint(folder, model)
    if found is None:
        return None
    progress, values = found
    for variable, value in zip(state(model), values, strict=True):
        variable.assign(value)
    return progress


def read_checkpoint(folder: Path, model: keras.Model) -> tuple[Progress, list[np.ndarray]] | None:
    """Return the progress in a checkpoint, and its values for `state(model)`. The compiled model is not changed."""
    path = folder / CHECKPOINT_FILE
    if not path.is_file():
        return None
    model.optimizer.build(model.trainable_variables)
    try:
        with np.load(path, allow_pickle=False) as arrays:
            values = _values(path, model.weights, arrays, "weight")
            values += _values(path, model.optimizer.variables, arrays, "optimizer")
            return Progress(**json.loads(str(arrays["progress"]))), values
    except (*UNREADABLE, TypeError) as error:
        raise UserError(f"{path}: damaged: {error}; train from the start with --overwrite") from None


def state(model: keras.Model) -> list[Any]:
    """Return the variables of a compiled model that a checkpoint stores."""
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
