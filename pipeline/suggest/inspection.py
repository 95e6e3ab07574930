"""What is in a user's file of pairs."""

import random
import re
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from seq2edge.device.errors import UserError
from seq2edge.pipeline.data.cleaning import SHORT, hash64
from seq2edge.pipeline.data.readers import Pair, file_format, read_pairs
from seq2edge.pipeline.data.scripts import script_of
from seq2edge.pipeline.recipe_schema.recipe import File
from seq2edge.pipeline.suggest.guessing import guess_file
from seq2edge.pipeline.suggest.languages import guess_language

SAMPLE = 20_000  # pairs kept to measure lengths, scripts and vocabulary
EXAMPLES = 3
EXAMPLE_LENGTH = 60  # characters
NEARLY_ALL = 0.95  # share of the texts


@dataclass(frozen=True)
class Side:
    """The texts of one side.

    Attributes:
        script: The most frequent script.
        script_share: Of the texts in it.
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
    """What is counted in one pass over the pairs.

    Attributes:
        repeated_sources: Pairs whose source occurred before with another target.
        examples: The first pairs.
        sample: Pairs drawn evenly from the whole file, which may be sorted by length; all pairs of a small file.
    """

    pairs: int = 0
    duplicates: int = 0
    empty: int = 0
    repeated_sources: int = 0
    examples: list[Pair] = field(default_factory=list)
    sample: list[Pair] = field(default_factory=list)


@dataclass(frozen=True)
class Inspection:
    """What was found in a file of pairs.

    Attributes:
        name: Of the recipe, made from the name of the file.
        file: How the file is read.
        source_language, target_language: BCP-47 codes; None if not known.
        length_ratio: The 99th percentile of longer side to shorter side, in characters.
    """

    name: str
    path: Path
    target_path: Path | None
    file: File
    task: str
    counts: Counts
    source: Side
    target: Side
    source_language: str | None
    target_language: str | None
    length_ratio: float

    def describe(self) -> str:
        """A few lines for the terminal."""
        file, counts = self.file, self.counts
        columns = f", columns {file.source!r} → {file.target!r}" if not self.target_path else ""
        header = ", with a header" if isinstance(file.source, str) and file_format(file) != "jsonl" else ""
        lines = [
            f"{self.path}: {file_format(file)}, {file.encoding}{header}{columns}",
            f"{counts.pairs:,} pairs; {counts.duplicates:,} duplicates, {counts.empty:,} with an empty side, "
            f"{counts.repeated_sources:,} with a repeated source",
        ]
        for name, side in (("source", self.source), ("target", self.target)):
            lines.append(
                f"{name}: {side.script} script; characters: median {side.median}, "
                f"99 % up to {side.percentile_99}, longest {side.longest}"
            )
        lines += [f"  {pair.source[:EXAMPLE_LENGTH]!r} → {pair.target[:EXAMPLE_LENGTH]!r}" for pair in counts.examples]
        return "\n".join([*lines, f"task: {self.task}"])


def inspect(path: Path, target_path: Path | None = None, task: str | None = None) -> Inspection:
    """Inspect a file of pairs, or two parallel files.

    Args:
        task: None: guessed from scripts and lengths.

    Raises:
        UserError: If it cannot be read as pairs.
    """
    file = guess_file(path, target_path)
    counts = _count(read_pairs(file, path, target_path))
    if not counts.sample:
        raise UserError(f"{path}: the file contains no pairs")
    source, target = (Side.of([getattr(pair, side) for pair in counts.sample]) for side in ("source", "target"))
    return Inspection(
        name=_recipe_name(path),
        path=path,
        target_path=target_path,
        file=file,
        task=task or _guess_task(source, target, parallel=target_path is not None),
        counts=counts,
        source=source,
        target=target,
        source_language=_language(source, file.source, target_path and path),
        target_language=_language(target, file.target, target_path),
        length_ratio=_length_ratio(counts.sample),
    )


def _language(side: Side, column: int | str, path: Path | None) -> str | None:
    """`path`: the file that has this side alone; None if a column has it."""
    name = str(column) if path is None else path.name
    return guess_language(name, side.script if side.script_share >= NEARLY_ALL else "")


def _recipe_name(path: Path) -> str:
    stem = path.name.lower().removesuffix(".gz").rsplit(".", 1)[0]
    return re.sub(r"[^a-z0-9._-]+", "-", stem).strip("-._") or "pairs"


def _count(pairs: Iterable[Pair]) -> Counts:
    seen: set[int] = set()
    sources: set[int] = set()
    counts = Counts()
    generator = random.Random(0)
    for pair in pairs:
        counts.pairs += 1
        counts.empty += not pair.source.strip() or not pair.target.strip()
        whole, source = hash64(f"{pair.source}\t{pair.target}"), hash64(pair.source)
        counts.duplicates += whole in seen
        counts.repeated_sources += source in sources and whole not in seen
        seen.add(whole)
        sources.add(source)
        if len(counts.examples) < EXAMPLES:
            counts.examples.append(pair)
        # Reservoir sampling: every pair of the file is equally likely to be in the sample.
        if len(counts.sample) < SAMPLE:
            counts.sample.append(pair)
        elif (place := generator.randrange(counts.pairs)) < SAMPLE:
            counts.sample[place] = pair
    return counts


def _length_ratio(pairs: Sequence[Pair]) -> float:
    source, target = (np.array([len(getattr(pair, side)) for pair in pairs]) for side in ("source", "target"))
    ratios = np.maximum(source, target) / np.maximum(np.minimum(source, target), SHORT)
    return float(np.percentile(ratios, 99))


def _guess_task(source: Side, target: Side, parallel: bool) -> str:
    if parallel or source.script != target.script:
        return "translation"
    if source.median > 3 * target.median:
        return "summarisation"
    return "chat"
