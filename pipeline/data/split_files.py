"""The first steps of `prepare`: read and clean the files of a recipe, and write the splits."""

import sys
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

from tqdm import tqdm

from seq2edge.device.errors import UserError
from seq2edge.pipeline.data.bundled import CORPORA
from seq2edge.pipeline.data.cleaning import Cleaner, hash64
from seq2edge.pipeline.data.components import Components
from seq2edge.pipeline.data.dataset import SPLITS, read_split, split_line, split_path
from seq2edge.pipeline.data.locate import Wanted, locate
from seq2edge.pipeline.data.readers import Pair, read_pairs
from seq2edge.pipeline.data.splitting import FEWEST, is_in_share, place_of, split_at, split_key
from seq2edge.pipeline.recipe_schema.data import Data, File

HELD_OUT = "also in valid or test"  # a reason to drop a training pair

Location = tuple[Path, Path | None] | None  # path and target path of a file; None for the bundled corpus


def locate_files(data: Data, recipe_folder: Path | None) -> list[Location]:
    """Find each file of a recipe on this machine. Files with a URL are downloaded if needed.

    Raises:
        UserError: If a file is not found, or its checksum differs.
    """
    return [_locate(file, data.licence_notice, recipe_folder) for file in data.files]


def _locate(file: File, licence: str, recipe_folder: Path | None) -> Location:
    if file.path in CORPORA:
        return None
    if file.path.startswith("bundled:"):
        raise UserError(
            f"data.files: a bundled corpus must be one of {', '.join(map(repr, CORPORA))}, got {file.path!r}"
        )
    path = locate(Wanted(file.path, file.url, file.sha256, file.built_by, licence), recipe_folder)
    if file.target_path is None:
        return path, None
    target = Wanted(file.target_path, file.target_url, file.target_sha256, licence=licence)
    return path, locate(target, recipe_folder)


def write_splits(cleaner: Cleaner, locations: Sequence[Location], folder: Path, quiet: bool) -> dict[str, int]:
    """Clean the pairs of all files and write them to train.jsonl, valid.jsonl and test.jsonl.

    Returns:
        The number of pairs of each split, and that of training pairs dropped because they are also in valid or test.

    Raises:
        UserError: If a file cannot be read, or a split has too few pairs.
    """
    data = cleaner.settings
    place = _places(data, locations)
    with ExitStack() as stack:
        outputs = {
            split: stack.enter_context(split_path(folder, split).open("w", encoding="utf-8", newline="\n"))
            for split in SPLITS
        }
        for number, file in enumerate(data.files):
            rows = _read(data, locations, number)
            progress = tqdm(rows, desc=file.path, unit="pair", disable=quiet or None, file=sys.stderr)
            split_for = partial(_split_for, data, place)
            for pair in cleaner.clean(progress, split_for):
                split = split_for(pair)
                if split != "train" or is_in_share(pair.source, data.training_share):
                    outputs[split].write(split_line(pair))
    cleaner.forget_seen()
    counts = _drop_held_out(folder)
    _refuse_too_few(counts, cleaner)
    return counts


def located_pairs(data: Data, locations: Sequence[Location]) -> Iterator[tuple[str, Pair]]:
    """Yield the raw pairs of all files, each with its place, "FILE, row N"."""
    for number, file in enumerate(data.files):
        for pair in _read(data, locations, number):
            yield pair.place(file.path), pair


def count_by_file(folder: Path, data: Data) -> list[dict[str, Any]]:
    """Return, for each file of a recipe, its path, its domain and its number of pairs in each split."""
    counts = [Counter(pair.origin for pair in read_split(folder, split)) for split in SPLITS]
    return [
        {"path": file.path, "domain": file.domain}
        | {split: count[number] for split, count in zip(SPLITS, counts, strict=True)}
        for number, file in enumerate(data.files)
    ]


def _read(data: Data, locations: Sequence[Location], number: int) -> Iterator[Pair]:
    """Yield the pairs of a file, as the model's sources and targets, without the rows to skip.

    Raises:
        UserError: At the end, if the file does not have the number of rows that the recipe says, or if a value of
            `skip` matches no row.
    """
    file, location = data.files[number], locations[number]
    unused, rows = set(file.skip), 0
    for pair in CORPORA[file.path]() if location is None else read_pairs(file, *location):
        rows += 1
        if pair.split_key in file.skip:
            unused.discard(pair.split_key)
            continue
        source, target = data.turned(pair.source, pair.target)
        yield replace(pair, source=source, target=target, origin=number)
    if file.rows is not None and file.rows != rows:
        raise UserError(f"{file.path}: has {rows:,} rows, but the recipe says {file.rows:,}")
    if unused:
        raise UserError(f"{file.path}: skip = {sorted(unused)}: no row has these values of split_key; leave them out")


def _places(data: Data, locations: Sequence[Location]) -> Callable[[Pair], float]:
    """Return a function that maps a pair to a number from 0 to 1, which decides its split."""
    components = Components()
    if data.split_by == "both":
        for number, file in enumerate(data.files):
            if file.split == "all" and file.split_key is None:
                for pair in Cleaner(data).clean(_read(data, locations, number)):
                    components.join(*data.turned(pair.source, pair.target))

    def place(pair: Pair) -> float:
        source, target = data.turned(pair.source, pair.target)
        if pair.split_key is not None:
            return place_of(pair.split_key)
        if data.split_by == "both":
            return components.place(source)
        return place_of(source if data.split_by == "source" else target)

    return place


def _split_for(data: Data, place: Callable[[Pair], float], pair: Pair) -> str:
    split = data.files[pair.origin].split
    return split_at(place(pair), data.valid, data.test) if split == "all" else split


def _drop_held_out(folder: Path) -> dict[str, int]:
    """Remove every pair from train.jsonl that is also in valid or test, and count the pairs of each split."""
    held_out: set[int] = set()
    counts: Counter[str] = Counter()
    for split in ("valid", "test"):
        for pair in read_split(folder, split):
            held_out.add(_pair_key(pair))
            counts[split] += 1
    kept = folder / "train.kept.jsonl"
    with kept.open("w", encoding="utf-8", newline="\n") as file:
        for pair in read_split(folder, "train"):
            if _pair_key(pair) in held_out:
                counts[HELD_OUT] += 1
            else:
                counts["train"] += 1
                file.write(split_line(pair))
    kept.replace(split_path(folder, "train"))
    return {name: counts[name] for name in (*SPLITS, HELD_OUT)}


def _pair_key(pair: Pair) -> int:
    return hash64(f"{split_key(pair.source)}\t{split_key(pair.target)}")


def _refuse_too_few(counts: dict[str, int], cleaner: Cleaner) -> None:
    for split, fewest in FEWEST.items():
        if counts[split] < fewest:
            dropped = f" ({sum(cleaner.dropped.values())} were dropped)" if cleaner.dropped else ""
            raise UserError(
                f"data: {cleaner.kept} pairs{dropped} leave {counts[split]} for {split}, "
                f"which needs at least {fewest}; add pairs, or a file with split = {split!r}"
            )
