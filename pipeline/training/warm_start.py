"""What a training starts from: an empty folder or a run to go on with, and an earlier run's weights."""

import dataclasses
import shutil
from pathlib import Path

from seq2edge.device.errors import UserError
from seq2edge.models.config import Seq2SeqConfig
from seq2edge.models.seq2seq import Seq2Seq
from seq2edge.pipeline.files import refuse_existing
from seq2edge.pipeline.recipe_schema.load import load_recipe
from seq2edge.pipeline.recipe_schema.recipe import Recipe, dotted
from seq2edge.pipeline.run import DATA_FOLDER, RECIPE_FILE, Run, model_config

COUNTED = ("data.", "tokenizer.", "model.", "training.")  # sections of a recipe that a training depends on


def claim_output(recipe: Recipe, output: Path, resume: bool, overwrite: bool) -> None:
    """Refuse a folder that holds something else, and make a new one."""
    there = output / RECIPE_FILE
    if not resume:
        refuse_existing(output, overwrite, keep=DATA_FOLDER)
        if there.is_file():
            _set_aside(output)
    elif there.is_file():
        before, now = dotted(load_recipe(there).model_dump()), dotted(recipe.model_dump())
        changed = [
            f"{key}: {before.get(key)!r} there, {new!r} now"
            for key, new in now.items()
            if key.startswith(COUNTED) and before.get(key) != new and key != "training.epochs"
        ]
        if changed:
            raise UserError(f"{output}: cannot go on with another recipe; " + "; ".join(changed))
    output.mkdir(parents=True, exist_ok=True)


def _set_aside(output: Path) -> None:
    """Move an old run out of the way; it is deleted when the new one is whole. Prepared data is used again."""
    old = old_run(output)
    shutil.rmtree(old, ignore_errors=True)
    output.rename(old)
    output.mkdir()
    if (old / DATA_FOLDER).is_dir():
        (old / DATA_FOLDER).rename(output / DATA_FOLDER)


def old_run(output: Path) -> Path:
    """Where a run is put while its successor is not whole."""
    return output.with_name(f".{output.name}.old")


def refuse_other_shape(start: Run, config: Seq2SeqConfig) -> None:
    """Refuse to go on from a run whose weights do not fit a model.

    Raises:
        UserError: With both values of every setting that differs.
    """
    there = model_config(start.recipe, start.data)
    before, now = dotted(dataclasses.asdict(there)), dotted(dataclasses.asdict(config))
    free = ("dropout", "variational_dropout")
    differing = [
        f"{key}: {before.get(key)!r} there, {now[key]!r} now"
        for key in now
        if before.get(key) != now[key] and key not in free
    ]
    if differing:
        raise UserError(f"{start.path}: its weights do not fit this recipe's model; " + "; ".join(differing))


def load_initial_weights(start: Run, model: Seq2Seq) -> None:
    """Give a fresh model the weights of an earlier run.

    Raises:
        UserError: As `refuse_other_shape`.
    """
    refuse_other_shape(start, model.config)
    for weight, value in zip(model.training.trainable_weights, start.model().training.trainable_weights, strict=True):
        weight.assign(value)
