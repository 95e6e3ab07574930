"""Inspects a user's file of pairs, or a file or folder of labelled texts."""

import random
import re
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

import numpy as np

from seq2edge.device.errors import UserError
from seq2edge.device.scripts import script_of
from seq2edge.device.special_ids import UNKNOWN
from seq2edge.device.tasks import TASKS
from seq2edge.pipeline.data.cleaning import SHORT, hash64
from seq2edge.pipeline.data.compressed import without_compression
from seq2edge.pipeline.data.readers import Pair, file_format, has_header, read_pairs
from seq2edge.pipeline.data.tables import TABLES
from seq2edge.pipeline.recipe_schema.data import COLUMN_FORMATS, File
from seq2edge.pipeline.recipe_schema.template import is_template
from seq2edge.pipeline.suggest.columns import Wish
from seq2edge.pipeline.suggest.guessing import NO_WISH, guess_file
from seq2edge.pipeline.suggest.labels import Values, normalised
from seq2edge.pipeline.suggest.languages import guess_language, language_of_name
from seq2edge.pipeline.suggest.names import is_known_name, is_label_name
from seq2edge.pipeline.suggest.tasks import guess_task

SAMPLE = 20_000  # pairs kept to measure lengths, scripts and vocabulary
EXAMPLES = 5
NEARLY_ALL = 0.95  # share of the texts
LABEL_TASKS = [task.name for task in TASKS.values() if task.target == "label"]


@dataclass(frozen=True)
class Side:
    """The texts of one side.

    Attributes:
        script: The most frequent script.
        script_share: Share of the texts in this script.
        median, percentile_99, longest: Lengths in characters.
    """

    script: str
    script_share: float
    median: int
    percentile_99: int
    longest: int

    @classmethod
    def of(cls, texts: Sequence[str]) -> "Side":
        script, count = Counter(map(script_of, texts)).most_common(1)[0]
        median, percentile_99, longest = np.percentile([len(text) for text in texts], (50, 99, 100))
        return cls(script, count / len(texts), int(median), int(percentile_99), int(longest))


@dataclass
class Counts:
    """Counts from one pass over the pairs.

    Attributes:
        repeated_sources: Number of pairs whose source occurred before with another target.
        unanswered: Number of pairs whose target is `UNKNOWN`, which marks a source without an answer.
        sources, targets: The different values of the pairs, without duplicates and pairs with an empty side.
        examples: The first pairs.
        sample: A random sample of the whole file, which may be sorted by length; all pairs of a small file.
    """

    pairs: int = 0
    duplicates: int = 0
    empty: int = 0
    repeated_sources: int = 0
    unanswered: int = 0
    sources: Values = field(default_factory=Values)
    targets: Values = field(default_factory=Values)
    examples: list[Pair] = field(default_factory=list)
    sample: list[Pair] = field(default_factory=list)


@dataclass(frozen=True)
class Inspection:
    """The findings about a file of pairs, or a file or folder of labelled texts.

    Attributes:
        name: Name of the recipe, derived from that of the file.
        file: The entry of the recipe for the file.
        is_guessed: Whether the task was guessed from the texts.
        notes: Notes about what is uncertain in reading the file, one line each.
        source_language, target_language: BCP-47 codes; None if not known.
        length_ratio: The 99th percentile of longer side to shorter side, in characters.
    """

    name: str
    path: Path
    target_path: Path | None
    file: File
    task: str
    is_guessed: bool
    counts: Counts
    source: Side
    target: Side
    source_language: str | None
    target_language: str | None
    length_ratio: float
    notes: tuple[str, ...] = ()

    @property
    def has_labels(self) -> bool:
        """Whether the targets are labels."""
        return TASKS[self.task].target == "label"

    def rows(self) -> Iterator[tuple[str, Pair]]:
        """Yield the pairs, each with its place, "FILE, row N"."""
        return ((pair.place(self.path), pair) for pair in read_pairs(self.file, self.path, self.target_path))


def inspect(path: Path, target_path: Path | None = None, task: str | None = None, wish: Wish = NO_WISH) -> Inspection:
    """Inspect a file of pairs, two parallel files, or a folder of labelled texts.

    Args:
        path: The file or folder.
        target_path: File of the targets, if the files are parallel.
        task: Name of the task. None: it is guessed from the number of different targets, from scripts, words and
            lengths.
        wish: What the user says about the columns. The task decides whether they have labels.

    Raises:
        UserError: If the file cannot be read as pairs, or if it is a folder and the task has no labels.
    """
    are_labels = TASKS[task].target == "label" if task else None
    if path.is_dir() and are_labels is False:
        allowed = " or ".join(LABEL_TASKS)
        raise UserError(f"--task must be {allowed} for {path}, a folder of labelled texts, got {task}")
    guess = guess_file(path, target_path, replace(wish, are_labels=are_labels))
    file, counts = guess.file, _count(read_pairs(guess.file, path, target_path))
    if are_labels is not False:
        if not (wish.source and wish.target):
            file = _label_column(file, counts, are_labels or path.is_dir())
        if file != guess.file:
            counts = _count(read_pairs(file, path, target_path))
        if path.is_dir() or counts.targets.are_labels(is_label_name(file.target)):
            are_labels = True
    if not counts.sample:
        raise UserError(f"{path}: the file contains no pairs")
    source, target = (Side.of([getattr(pair, side) for pair in counts.sample]) for side in ("source", "target"))
    return Inspection(
        name=_recipe_name(path),
        path=path,
        target_path=target_path,
        file=file,
        task=task or (LABEL_TASKS[0] if are_labels else _guess_task(file, counts.sample, source, target)),
        is_guessed=task is None and not path.is_dir(),
        counts=counts,
        source=source,
        target=target,
        source_language=_language(source, file.source, target_path and path),
        target_language=_language(target, file.target, target_path),
        length_ratio=_length_ratio(counts.sample),
        notes=guess.notes,
    )


def _label_column(file: File, counts: Counts, are_labels: bool) -> File:
    """Return the entry with the labels as targets, if their column is the first one.

    The entry also gets a header if row 1 seems to be one, which is so if no other row has its label.
    """
    if file_format(file) not in COLUMN_FORMATS:
        return file
    targets, first = counts.targets, counts.examples[0] if counts.examples else Pair("", "")
    is_named = are_labels or is_label_name(file.target)
    is_swapped = counts.sources.are_labels(is_named) and not targets.are_labels(is_named)
    if is_swapped and not is_known_name(file.target):
        file = file.model_copy(update={"source": file.target, "target": file.source})
        targets, first = counts.sources, Pair(first.target, first.source, first.row)
    is_alone = first.row == 1 and targets.counts[normalised(first.target)] == 1
    are_names = all(cell.strip() and not is_template(cell) for cell in (first.source, first.target))
    is_table = file_format(file) in TABLES and not has_header(file)
    if is_table and is_alone and are_names and (are_labels or targets.are_labels()):
        file = file.model_copy(update={"source": first.source, "target": first.target})
    return file


def _language(side: Side, column: int | str, path: Path | None) -> str | None:
    """Guess the language of a side.

    Args:
        side: The texts.
        column: Column of the side.
        path: The parallel file of this side; None if the side is a column.
    """
    name = str(column) if path is None else path.name
    return guess_language(name, side.script if side.script_share >= NEARLY_ALL else "")


def _recipe_name(path: Path) -> str:
    stem = without_compression(path.absolute().name.lower()).rsplit(".", 1)[0]
    return re.sub(r"[^a-z0-9._-]+", "-", stem).strip("-._") or "pairs"


def _count(pairs: Iterable[Pair]) -> Counts:
    seen: set[int] = set()
    sources: set[int] = set()
    counts = Counts()
    generator = random.Random(0)
    for pair in pairs:
        counts.pairs += 1
        is_empty = not pair.source.strip() or not pair.target.strip()
        counts.empty += is_empty
        counts.unanswered += pair.target.strip() == UNKNOWN
        whole, source = hash64(f"{pair.source}\t{pair.target}"), hash64(pair.source)
        counts.duplicates += whole in seen
        counts.repeated_sources += source in sources and whole not in seen
        if not is_empty and whole not in seen:
            counts.sources.add(pair.source)
            counts.targets.add(pair.target)
        seen.add(whole)
        sources.add(source)
        if len(counts.examples) < EXAMPLES:
            counts.examples.append(pair)
        # Reservoir sampling: every pair of the file has the same probability to be in the sample.
        if len(counts.sample) < SAMPLE:
            counts.sample.append(pair)
        elif (place := generator.randrange(counts.pairs)) < SAMPLE:
            counts.sample[place] = pair
    return counts


def _length_ratio(pairs: Sequence[Pair]) -> float:
    source, target = (np.array([len(getattr(pair, side)) for pair in pairs]) for side in ("source", "target"))
    ratios = np.maximum(source, target) / np.maximum(np.minimum(source, target), SHORT)
    return float(np.percentile(ratios, 99))


def _guess_task(file: File, sample: Sequence[Pair], source: Side, target: Side) -> str:
    languages = {language_of_name(str(column)) for column in (file.source, file.target)} - {None}
    are_parallel = file.target_path is not None or len(languages) > 1
    return guess_task(sample, (source.script, target.script), (source.median, target.median), are_parallel)
