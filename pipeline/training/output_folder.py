"""The output folder of a training: a new one, a run to resume, or a run to replace."""

import os
import shutil
import sys
from pathlib import Path
from typing import Any

from seq2edge.device.errors import UserError
from seq2edge.device.terminal import write
from seq2edge.pipeline.data.dataset import SUMMARY_FILE, Dataset
from seq2edge.pipeline.files import DATA_FOLDER, RECIPE_FILE, refuse_existing
from seq2edge.pipeline.recipe_schema.load import load_recipe
from seq2edge.pipeline.recipe_schema.recipe import Recipe, dotted
from seq2edge.pipeline.run import refuse_other_format
from seq2edge.pipeline.training.options import TrainOptions
from seq2edge.pipeline.training.run_lock import LOCK_FILE

TRAINING_SECTIONS = ("data.", "tokenizer.", "model.", "training.")  # sections of a recipe that affect the weights


def training_settings(recipe: Recipe) -> dict[str, Any]:
    """Return the values of a recipe that affect the weights, by dotted key."""
    settings = dotted(recipe.model_dump(mode="json"))
    return {key: value for key, value in settings.items() if key.startswith(TRAINING_SECTIONS)}


def claim_output(recipe: Recipe, output: Path, options: TrainOptions) -> None:
    """Create the output folder, or check that the run in it can be resumed or replaced.

    Raises:
        UserError: If the folder contains something else or a run of another recipe, or if it would be replaced by a run
            that starts from it.
    """
    exists = (output / RECIPE_FILE).is_file()
    if not options.resume:
        refuse_existing(output, options.overwrite, RECIPE_FILE, keep=(DATA_FOLDER, LOCK_FILE))
        if options.initial_run is not None and options.initial_run.path.resolve() == output.resolve():
            raise UserError(f"{output}: the new run starts from this one (--from); choose another --output")
        if exists:
            old = _set_aside(output)
            if not options.quiet:
                write(f"the earlier run is kept in {old} until the new one is complete", file=sys.stderr)
    elif exists:
        if (output / DATA_FOLDER / SUMMARY_FILE).is_file():
            refuse_other_format(output, Dataset.open(output / DATA_FOLDER))
        before, now = training_settings(load_recipe(output / RECIPE_FILE)), training_settings(recipe)
        changed = [
            f"{key}: {before.get(key)!r} there, {now[key]!r} now"
            for key in now
            if before.get(key) != now[key] and key != "training.epochs"
        ]
        if changed:
            raise UserError(f"{output}: cannot resume with another recipe; " + "; ".join(changed))
    output.mkdir(parents=True, exist_ok=True)


def discard_replaced(output: Path) -> None:
    """Delete the old run, after the new run that replaces it is complete."""
    shutil.rmtree(_replaced(output), ignore_errors=True)


def _set_aside(output: Path) -> Path:
    """Move a run aside until the new one is complete, and return its new folder. The new run starts with its data.

    If an earlier run is still aside, the run was to replace it and is not complete. It is deleted, and the earlier one
    stays aside.
    """
    old = _replaced(output)
    unfinished = output.with_name(f".{output.name}.unfinished")
    shutil.rmtree(unfinished, ignore_errors=True)
    before = unfinished if old.exists() else old
    output.rename(before)
    output.mkdir()
    if (before / LOCK_FILE).exists():
        (before / LOCK_FILE).rename(output / LOCK_FILE)
    if (before / DATA_FOLDER).is_dir():
        shutil.copytree(before / DATA_FOLDER, output / DATA_FOLDER, copy_function=_link)
    shutil.rmtree(unfinished, ignore_errors=True)
    return old


def _link(file: str, link: str) -> None:
    """Make a hard link to a file that is never changed in place, or a copy if the file system has no hard links."""
    try:
        os.link(file, link)
    except OSError:
        shutil.copy2(file, link)


def _replaced(output: Path) -> Path:
    return output.with_name(f".{output.name}.old")
