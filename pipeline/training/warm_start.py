"""Warm start: initialises a model, or parts of it, with the weights of an earlier run."""

import dataclasses
from collections.abc import Collection
from typing import Any

import keras

from seq2edge.device.errors import UserError
from seq2edge.device.tasks import TASKS
from seq2edge.pipeline.data.dataset import Dataset
from seq2edge.pipeline.families.interface import Models
from seq2edge.pipeline.families.registry import family_of
from seq2edge.pipeline.recipe_schema.recipe import Recipe, dotted
from seq2edge.pipeline.run import Run

FREE_SETTINGS = ("dropout", "variational_dropout", "copy_table", "unknown")  # settings that have no weights


def check_weights_fit(initial_run: Run, recipe: Recipe, data: Dataset) -> None:
    """Check that all of a run's weights fit the model of a recipe for the data.

    Raises:
        UserError: If the run is an ensemble, the models are of different families, or settings differ. The message has
            both values of every setting that differs.
    """
    if initial_run.recipe.is_ensemble:
        raise UserError(f"{initial_run.path} must be a run of one model, got an ensemble; take one of its members")
    before, now = initial_run.recipe.task, recipe.task
    if TASKS[before].family != TASKS[now].family:
        raise UserError(
            f"{initial_run.path}: its weights do not fit this recipe's model; task: {before!r} there, {now!r} now; "
            "initialise only what both models have with --parts, such as source_embedding encoder"
        )
    there, here = _settings(initial_run.recipe, initial_run.data), _settings(recipe, data)
    differing = [
        f"{key}: {there.get(key)!r} there, {value!r} now"
        for key, value in here.items()
        if there.get(key) != value and key not in FREE_SETTINGS
    ]
    if differing:
        raise UserError(f"{initial_run.path}: its weights do not fit this recipe's model; " + "; ".join(differing))


def load_initial_weights(initial_run: Run, models: Models, parts: Collection[str] = ()) -> None:
    """Load the weights of an earlier run into new models that they fit.

    Args:
        initial_run: The earlier run.
        models: The new models.
        parts: Names of the layers to initialise; empty: all.

    Raises:
        UserError: If a part is missing in one of the models, or its weights have other shapes there.
    """
    theirs, ours = initial_run.model().training, models.training
    if not parts:
        _assign(ours, theirs)
    for name in parts:
        _assign(_part(ours, name, "this recipe's model"), _part(theirs, name, str(initial_run.path)))


def _assign(ours: keras.layers.Layer, theirs: keras.layers.Layer) -> None:
    shapes = [[tuple(weight.shape) for weight in layer.trainable_weights] for layer in (theirs, ours)]
    if shapes[0] != shapes[1]:
        raise UserError(f"{ours.name}: its weights have the shapes {shapes[0]} in the earlier run, {shapes[1]} now")
    for weight, value in zip(ours.trainable_weights, theirs.trainable_weights, strict=True):
        weight.assign(value)


def _part(model: keras.Model, name: str, where: str) -> keras.layers.Layer:
    parts = {layer.name: layer for layer in model.layers if layer.trainable_weights}
    if name not in parts:
        raise UserError(f"{name}: {where} has no such part; it has {', '.join(parts)}")
    return parts[name]


def _settings(recipe: Recipe, data: Dataset) -> dict[str, Any]:
    return dotted(dataclasses.asdict(family_of(recipe.task).model_config(recipe, data)))
