"""Batches of sources that are decoded together, and the padding of their arrays."""

import itertools
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import TypeVar

import numpy as np

from seq2edge.device.segmentation import Segment
from seq2edge.device.special_ids import PAD

Item = TypeVar("Item")


@dataclass(frozen=True)
class Job:
    """A segment that waits to be decoded.

    Attributes:
        text: Index of its text.
        place: Index of the segment within the text.
        source_ids: `(source_length,)`, ending in eos.
    """

    text: int
    place: int
    segment: Segment
    source_ids: np.ndarray


def in_length_groups(jobs: Sequence[Job], size: int) -> Iterator[list[Job]]:
    """Jobs of similar lengths in batches, the short ones first.

    A batch has first segments of texts only, or later ones only, since a prefix applies to first segments only.
    """

    def is_later(job: Job) -> bool:
        return job.place > 0

    ordered = sorted(jobs, key=lambda job: (is_later(job), len(job.source_ids)))
    for _, alike in itertools.groupby(ordered, is_later):
        yield from batched(alike, size)


def batched(items: Iterable[Item], size: int) -> Iterator[list[Item]]:
    """Items in lists of `size`; the last may be shorter. `itertools.batched` needs Python 3.12."""
    iterator = iter(items)
    while batch := list(itertools.islice(iterator, size)):
        yield batch


def pad_sources(source_ids: Sequence[np.ndarray], length: int) -> np.ndarray:
    """Sources as one array, int32 `(sources, length)`, each followed by pad."""
    padded = np.full((len(source_ids), length), PAD, np.int32)
    for row, ids in enumerate(source_ids):
        padded[row, : len(ids)] = ids
    return padded


def add_rows(array: np.ndarray, extra: int) -> np.ndarray:
    """An array extended by `extra` copies of its first row, whose results are to be dropped."""
    return np.concatenate([array, np.repeat(array[:1], extra, axis=0)]) if extra else array
