"""Scores of hypotheses against references."""

import unicodedata
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from seq2edge.pipeline.data.readers import Pair


@dataclass(frozen=True)
class Example:
    """One source and every target that is right for it."""

    source: str
    references: tuple[str, ...]


def examples(pairs: Sequence[Pair], task: str) -> list[Example]:
    """What is scored.

    In a translation set every pair counts as it stands, so that scores compare with published ones; elsewhere a source
    that stands several times has several right targets.
    """
    if task == "translation":
        return [Example(pair.source, (pair.target,)) for pair in pairs]
    targets: dict[str, list[str]] = defaultdict(list)
    for pair in pairs:
        targets[pair.source].append(pair.target)
    return [Example(source, tuple(references)) for source, references in targets.items()]


def exact(hypothesis: str, references: Sequence[str]) -> bool:
    """Is the hypothesis one of the references, spaces normalised?"""
    return " ".join(hypothesis.split()) in {" ".join(reference.split()) for reference in references}


def reference_streams(expected: Sequence[Example]) -> list[list[str | None]]:
    """References as sacrebleu takes them: the first of each example, the second …; None where one has no more."""
    streams = max(len(example.references) for example in expected)
    return [
        [example.references[i] if i < len(example.references) else None for example in expected] for i in range(streams)
    ]


def script(text: str) -> str:
    """The script most letters of a text belong to, by their Unicode names: "Hangul", "Latin" …"""
    counts: dict[str, int] = defaultdict(int)
    for character in text:
        if character.isalpha():
            counts[unicodedata.name(character, "UNKNOWN").split(" ")[0].capitalize()] += 1
    return max(counts, key=lambda name: counts[name]) if counts else "none"


def by_script(expected: Sequence[Example]) -> dict[str, list[int]]:
    """Which examples are in each script that a tenth of the sources or more is written in, where there are two."""
    rows: dict[str, list[int]] = defaultdict(list)
    for index, example in enumerate(expected):
        rows[script(example.source)].append(index)
    common = {name: indices for name, indices in sorted(rows.items()) if len(indices) >= len(expected) / 10}
    return common if len(common) > 1 else {}


def by_length(lengths: Sequence[int], groups: int = 4) -> dict[str, list[int]]:
    """Which examples are of like length, in groups of about one size: "1–9", "10–14" …; none where all are alike."""
    borders = np.unique(np.quantile(lengths, np.arange(1, groups + 1) / groups, method="inverted_cdf"))
    if len(borders) < 2:
        return {}
    group_of = np.searchsorted(borders, lengths)
    rows = [np.flatnonzero(group_of == group) for group in range(len(borders))]
    values = np.asarray(lengths)
    return {f"{values[chosen].min()}–{values[chosen].max()}": chosen.tolist() for chosen in rows}
