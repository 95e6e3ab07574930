"""Makes an ensemble of several finished runs: a run whose logits are the mean of theirs."""

import shutil
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from seq2edge.device.errors import UserError
from seq2edge.device.tasks import TASKS
from seq2edge.models.ensemble import build_ensemble
from seq2edge.pipeline.data.dataset import SPLITS, split_path
from seq2edge.pipeline.families.registry import family_of
from seq2edge.pipeline.files import (
    DATA_FOLDER,
    HISTORY_FILE,
    RECIPE_FILE,
    checksum,
    refuse_existing,
    whole_folder,
    write_csv,
    write_text,
)
from seq2edge.pipeline.recipe_schema.recipe import Recipe
from seq2edge.pipeline.recipe_schema.seq2seq import Seq2SeqRecipe
from seq2edge.pipeline.run import Run
from seq2edge.pipeline.training.checkpoint import save_model


def build_ensemble_run(paths: Sequence[Path], output: Path, overwrite: bool = False) -> Run[Seq2SeqRecipe]:
    """Write a run whose model is an ensemble of the models of several runs.

    Nothing is trained. Data and settings are those of the first run. The history is one row with the total training
    time in seconds. The folder appears only when it is complete.

    Args:
        paths: Folders of runs. The models must be encoder-decoders for the same task with the same data, tokenizers and
            lengths.
        output: Folder of the new run.
        overwrite: Whether to replace an existing folder.

    Raises:
        UserError: If the folder exists, or if the runs cannot be combined. The message has one line for each reason.
    """
    refuse_existing(output, overwrite, RECIPE_FILE)
    runs = _open_members(paths)
    data, recipe = runs[0].data, _recipe(runs)
    ensemble = build_ensemble(family_of(recipe.task).model_config(recipe, data))
    for member, run in zip(ensemble.members, runs, strict=True):
        run.load_weights(member.training)
    with whole_folder(output) as new:
        shutil.copytree(data.path, new / DATA_FOLDER)
        save_model(new, ensemble.training)
        seconds = sum(run.history()[-1]["seconds"] for run in runs)
        write_csv(new / HISTORY_FILE, [{"seconds": round(seconds, 1)}])
        write_text(new / RECIPE_FILE, recipe.to_toml())
    return Run.open(output)


def refuse_ensemble(recipe: Recipe) -> None:
    """Refuse to train the recipe of an ensemble.

    Raises:
        UserError: If the recipe is that of an ensemble. The message has the command that makes one.
    """
    if recipe.is_ensemble:
        raise UserError(
            "members: the recipe of an ensemble, which is not trained; train each member, then: "
            "seq2edge ensemble RUN RUN --output RUN"
        )


def _open_members(paths: Sequence[Path]) -> list[Run[Seq2SeqRecipe]]:
    """Open the runs, and check that they can be combined."""
    mistakes = [] if len(paths) > 1 else [f"an ensemble must have at least 2 runs, got {len(paths)}"]
    runs: list[Run[Any]] = []
    for path in paths:
        try:
            run = Run.open(path)
        except UserError as error:
            mistakes.append(str(error))
            continue
        unfit = list(_unfit(run))
        if not unfit:
            runs.append(run)
        mistakes += unfit or _differences(run, runs[0])
    if mistakes:
        raise UserError("\n".join(mistakes))
    return runs


def _unfit(run: Run[Any]) -> Iterator[str]:
    """Yield the reasons why a run cannot be a member of any ensemble."""
    if TASKS[run.recipe.task].family != "seq2seq":
        yield f"{run.path} must be a run of an encoder-decoder, got the task {run.recipe.task!r}"
    if run.recipe.is_ensemble:
        yield f"{run.path}: is itself an ensemble; give the runs that it was made of"


def _differences(run: Run[Any], first: Run[Any]) -> Iterator[str]:
    """Yield the properties in which a run differs from the first run but must not."""
    there = _common(first)
    for name, value in _common(run).items():
        if value != there[name]:
            yield f"{run.path}: {name} {value}, but {there[name]} in {first.path}"


def _common(run: Run[Seq2SeqRecipe]) -> dict[str, Any]:
    """Return the properties that all members must have in common, by their name in messages.

    Files are identified by the first characters of their SHA-256.
    """
    data = run.data
    return {
        "task": run.recipe.task,
        "model.source_length": run.recipe.model.source_length,
        "model.target_length": run.recipe.model.target_length,
        "data.normalisation of both sides": run.recipe.data.normalisations,
        "content of the data": data.content.get("data", "not recorded")[:12],
        "tokenizers": [checksum(path)[:12] for path in data.tokenizers],
        **{f"{split} data": checksum(split_path(data.path, split))[:12] for split in SPLITS[1:]},
    }


def _recipe(runs: Sequence[Run[Seq2SeqRecipe]]) -> Seq2SeqRecipe:
    """Return the first run's recipe with all members."""
    first = runs[0].recipe
    return first.model_copy(
        update={
            "name": f"{first.name}-ensemble",
            "about": f"The mean of {', '.join(run.path.name for run in runs)}.",
            "measured": "",
            "members": [run.recipe.model for run in runs],
        }
    )
