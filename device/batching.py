"""Batches of sources that are decoded together, and padding of their arrays."""

import itertools
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import TypeVar

import numpy as np

from seq2edge.device.processors.interface import Features, Segment, source_length

Item = TypeVar("Item")


@dataclass(frozen=True)
class Job:
    """A segment to decode.

    Attributes:
        source: Index of the source that the segment belongs to.
        place: Index of the segment within its source.
        segment: The segment.
        features: Features of the segment.
    """

    source: int
    place: int
    segment: Segment
    features: Features


def in_length_groups(jobs: Sequence[Job], size: int) -> Iterator[list[Job]]:
    """Group jobs of similar lengths into batches of at most `size`, short ones first.

    First segments and later segments of sources are not mixed, because a prefix applies to first segments only.
    """

    def is_later(job: Job) -> bool:
        return job.place > 0

    ordered = sorted(jobs, key=lambda job: (is_later(job), source_length(job.features)))
    for _, alike in itertools.groupby(ordered, is_later):
        yield from batched(alike, size)


def batched(items: Iterable[Item], size: int) -> Iterator[list[Item]]:
    """Yield lists of `size` items; the last may be shorter. `itertools.batched` needs Python 3.12."""
    iterator = iter(items)
    while batch := list(itertools.islice(iterator, size)):
        yield batch


def pad_sources(sources: Sequence[Features], length: int) -> Features:
    """Stack the features of several sources into arrays `(len(sources), length, …)`, padded with 0."""
    padded = {
        name: np.zeros((len(sources), length, *values.shape[1:]), values.dtype) for name, values in sources[0].items()
    }
    for name, rows in padded.items():
        for row, source in zip(rows, sources, strict=True):
            row[: len(source[name])] = source[name]
    return padded


def add_rows(array: np.ndarray, extra: int) -> np.ndarray:
    """Append `extra` copies of the first row of an array. The caller drops the results of these rows."""
    return np.concatenate([array, np.repeat(array[:1], extra, axis=0)]) if extra else array
