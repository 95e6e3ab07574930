"""Prepare the data of a recipe: read, clean, split and tokenize pairs, and write a dataset."""

import hashlib
import json
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from seq2edge.device.errors import UserError
from seq2edge.device.terminal import write
from seq2edge.device.turn_taking import FILE as TURNS
from seq2edge.pipeline.data.bundled import CORPORA
from seq2edge.pipeline.data.cleaning import Cleaner
from seq2edge.pipeline.data.dataset import FORMAT, SPLITS, SUMMARY_FILE, Dataset
from seq2edge.pipeline.data.encoding import write_columns, write_tokenizers
from seq2edge.pipeline.data.labelled_folder import folder_checksum
from seq2edge.pipeline.data.labels import check_labels
from seq2edge.pipeline.data.split_files import (
    Location,
    count_by_file,
    locate_files,
    located_pairs,
    write_splits,
)
from seq2edge.pipeline.data.summary import describe
from seq2edge.pipeline.data.turns import turns_json
from seq2edge.pipeline.files import (
    CHECKPOINT_FILE,
    DATA_FOLDER,
    MODEL_FILE,
    checksum,
    refuse_existing,
    whole_folder,
    write_text,
)
from seq2edge.pipeline.recipe_schema.data import Data
from seq2edge.pipeline.recipe_schema.recipe import Recipe

TRAINED = (MODEL_FILE, CHECKPOINT_FILE)  # files of a run that depend on its data


@dataclass(frozen=True)
class PrepareOptions:
    """Options of `prepare`.

    Attributes:
        recipe_folder: Folder that relative paths of the recipe refer to. None: the working directory.
        overwrite: Whether the data of a trained run may be replaced by other data.
        tokenizers: SentencePiece models of source and target to use instead of training new ones.
        quiet: Show no progress and no summary.
    """

    recipe_folder: Path | None = None
    overwrite: bool = True
    tokenizers: tuple[Path, ...] | None = None
    quiet: bool = False


def prepare(recipe: Recipe, output: Path, options: PrepareOptions | None = None) -> Dataset:
    """Write the dataset of a recipe to OUTPUT/data.

    If OUTPUT/data was prepared from the same settings and files, it is reused.

    Args:
        output: The folder of the run.

    Raises:
        UserError: If a file cannot be read, there are too few pairs, or the data of a trained run or something else
            would be replaced.
    """
    options = options or PrepareOptions()
    locations = locate_files(recipe.data, options.recipe_folder)
    folder = output / DATA_FOLDER
    refuse_existing(folder, overwrite=True, marker=SUMMARY_FILE)
    existing = Dataset.open(folder) if (folder / SUMMARY_FILE).is_file() else None
    tokenizers = options.tokenizers
    if tokenizers is None and existing and existing.summary.get("tokenizers_given") and not options.overwrite:
        tokenizers = existing.tokenizers
    turns = turns_json(recipe, options.recipe_folder)
    fingerprint = _fingerprint(recipe, locations, tokenizers, turns)
    if existing and existing.summary.get("fingerprint") == fingerprint:
        return existing
    if existing and not options.overwrite and any((output / name).exists() for name in TRAINED):
        raise UserError(
            f"{output}: was trained on other data (the recipe or its files have changed); "
            "choose another --output, or replace the data with --overwrite"
        )
    output.mkdir(parents=True, exist_ok=True)
    with whole_folder(folder) as new:
        summary = {"format": FORMAT, "name": recipe.name, "fingerprint": fingerprint}
        summary["content"] = content_digest(recipe.data, locations)
        summary |= _write_data(recipe, locations, tokenizers, new, options.quiet)
        if turns:
            write_text(new / TURNS, turns)
        write_text(new / SUMMARY_FILE, json.dumps(summary, ensure_ascii=False, indent=2) + "\n")
    if not options.quiet:
        write(describe(recipe.data, summary), file=sys.stderr)
    return Dataset.open(folder)


def _write_data(
    recipe: Recipe,
    locations: Sequence[Location],
    tokenizers: tuple[Path, ...] | None,
    folder: Path,
    quiet: bool,
) -> dict[str, Any]:
    """Write splits, tokenizers and token ids. Returns their entries of the summary."""
    source, target = recipe.data.normalisations
    cleaner = Cleaner(recipe.data)
    pairs = write_splits(cleaner, locations, folder, quiet)
    if "target" not in recipe.TEXT_SIDES:  # targets are labels
        is_split = all(file.split == "all" for file in recipe.data.files)
        check_labels(folder, located_pairs(recipe.data, locations), may_move=is_split)
    files = count_by_file(folder, recipe.data)
    pairs |= {split: sum(file[split] for file in files) for split in SPLITS}  # labels may have moved some
    vocabulary = write_tokenizers(recipe, folder, tokenizers)
    columns = write_columns(recipe, folder, quiet)
    return {
        "normalisation": source,
        "target_normalisation": target,
        "pairs": pairs,
        "files": files,
        "dropped": dict(cleaner.dropped),
        "dropped_examples": cleaner.examples,
        "vocabulary": vocabulary,
        "tokenizers_given": tokenizers is not None,
        **columns,
    }


def content_digest(data: Data, locations: Sequence[Location]) -> str:
    """Return the SHA-256 of the content of a recipe's files and of the bundled corpora that it names."""
    return hashlib.sha256(json.dumps(_checksums(data, locations)).encode()).hexdigest()


def _checksums(data: Data, locations: Sequence[Location]) -> list[Any]:
    """Return the checksums of each file and its file of targets, or of the bundled corpus."""
    return [
        [_checksum(path) if path else None for path in found] if found else _corpus_hash(file.path)
        for file, found in zip(data.files, locations, strict=True)
    ]


def _fingerprint(recipe: Recipe, locations: Sequence[Location], tokenizers: tuple[Path, ...] | None, turns: str) -> str:
    """Return a digest of everything that the dataset depends on."""
    contents = _checksums(recipe.data, locations)
    settings = [recipe.task, recipe.data.settings_of_dataset(), recipe.tokenizer.settings_of_dataset()]
    settings += [recipe.model_lengths]
    seed = recipe.training.seed if recipe.tokenizer.samples > 1 else None
    parts = [FORMAT, settings, contents, seed]
    parts += [checksum(path) for path in tokenizers or ()]
    parts += [turns] if turns else []
    if seed is not None and recipe.copies:
        parts += ["copied tokens are not sampled"]
    return hashlib.sha256(json.dumps(parts, sort_keys=True).encode()).hexdigest()


def _checksum(path: Path) -> str:
    return folder_checksum(path) if path.is_dir() else checksum(path)


def _corpus_hash(name: str) -> str:
    lines = (f"{pair.source}\t{pair.target}" for pair in CORPORA[name]())
    return hashlib.sha256("\n".join(lines).encode()).hexdigest()
