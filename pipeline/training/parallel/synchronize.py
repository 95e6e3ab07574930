"""Keeps recipe, data, checkpoint and decisions after an epoch the same in all processes of a training."""

import dataclasses
import hashlib
import importlib.metadata
from pathlib import Path
from typing import Any

import keras
import numpy as np

from seq2edge.device.errors import UserError
from seq2edge.pipeline.data.dataset import Dataset
from seq2edge.pipeline.recipe_schema.recipe import Recipe
from seq2edge.pipeline.training.checkpoint import read_checkpoint, state
from seq2edge.pipeline.training.output_folder import training_settings
from seq2edge.pipeline.training.parallel.collectives import broadcast, gather
from seq2edge.pipeline.training.parallel.hosts import Hosts
from seq2edge.pipeline.training.progress import Progress

LIBRARIES = ("seq2edge", "keras", "jax", "sentencepiece")


def agree_on_recipe(hosts: Hosts, recipe: Recipe) -> None:
    """Check that recipe and library versions are the same in every process.

    Raises:
        UserError: If they differ. The message has both values of each difference.
    """
    versions = {name: importlib.metadata.version(name) for name in LIBRARIES}
    refuse_differences(hosts, "recipe", gather(versions | training_settings(recipe)))


def agree_on_data(hosts: Hosts, data: Dataset) -> None:
    """Check that the prepared data is the same in every process.

    Raises:
        UserError: If files differ. The message has both checksums of each of them.
    """
    refuse_differences(hosts, "data", gather(data.checksums()))


def refuse_differences(hosts: Hosts, subject: str, values: list[dict[str, Any]]) -> None:
    """Compare the values of every process with those of process 0."""
    first = values[0]
    differing = [
        f"{key} is {first.get(key)!r} at {hosts.name(0)} and {theirs.get(key)!r} at {hosts.name(process)}"
        for process, theirs in enumerate(values)
        for key in sorted(first.keys() | theirs.keys())
        if theirs.get(key) != first.get(key)
    ]
    if differing:
        raise UserError(f"the processes disagree about the {subject}: " + "; ".join(differing))


def load_shared_checkpoint(hosts: Hosts, folder: Path, model: keras.Model) -> Progress:
    """Load the checkpoint of process 0 into the compiled model of every process.

    Keras initialises the weights of each process separately, so they are broadcast even if there is no checkpoint.

    Raises:
        UserError: If the checkpoint belongs to another model.
    """
    model.optimizer.build(model.trainable_variables)
    variables = state(model)
    checkpoint = read_checkpoint(folder, model) if hosts.first else None
    progress, values = checkpoint or (Progress(), [np.asarray(variable) for variable in variables])
    for variable, value in zip(variables, broadcast(values), strict=True):
        variable.assign(value)
    return Progress(**gather(dataclasses.asdict(progress))[0])


class SynchronizeProcesses(keras.callbacks.Callback):
    """After each epoch, compares the weights of all processes, and adopts the decisions of process 0.

    Args:
        hosts: The processes of the training.
        kept: The model whose weights are compared.
        progress: Progress of this process. The values of process 0 replace its values.

    Raises:
        RuntimeError: If the weights of a process differ from those of process 0.
    """

    def __init__(self, hosts: Hosts, kept: keras.Model, progress: Progress):
        super().__init__()
        self.hosts, self.kept, self.progress = hosts, kept, progress

    def on_epoch_end(self, epoch: int, logs: Any = None) -> None:
        own = {
            "weights": digest(self.kept),
            "progress": dataclasses.asdict(self.progress),
            "stop": bool(self.model.stop_training),
        }
        first, *others = gather(own)
        for process, other in enumerate(others, 1):
            if other["weights"] != first["weights"]:
                raise RuntimeError(
                    f"after epoch {epoch + 1} the weights of {self.hosts.name(process)} differ from those of process 0"
                )
        vars(self.progress).update(first["progress"])
        self.model.stop_training = first["stop"]


def digest(model: keras.Model) -> str:
    """Return the SHA-256 of the trainable weights."""
    sha = hashlib.sha256()
    for weight in model.trainable_weights:
        sha.update(np.ascontiguousarray(np.asarray(weight)).tobytes())
    return sha.hexdigest()
