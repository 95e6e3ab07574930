"""What every processor of sources offers, and what it is built from."""

from collections.abc import Container, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

import numpy as np

from seq2edge.device.tasks import Task

# What a model reads of a source: unpadded arrays, each `(source_length, …)`, named as the inputs of its encoder.
Features = dict[str, np.ndarray]


def source_length(features: Features) -> int:
    """The length of a source: that of its first feature along the first axis."""
    return len(next(iter(features.values())))


@dataclass(frozen=True)
class Segment:
    """A part of a source that a model can read.

    Attributes:
        source: What the processor takes.
        line: Index of the line of the answer to which its target belongs.
        cut: It ends within a sentence, because the sentence is longer than the model reads.
        truncated: It is the beginning of a source that is not split; the model does not read the rest.
    """

    source: Any
    line: int
    cut: bool = False
    truncated: bool = False


class SourceProcessor(Protocol):
    """Turns sources into features."""

    def __call__(self, source: Any, longest: int | None = None) -> Features:
        """The features of a source, cut to at most `longest` items."""

    def split(self, source: Any) -> list[Segment]:
        """Split a source into segments that the model can read; an empty source has none.

        Raises:
            TextError: If the source is too long.
        """

    def labels(self, features: Features) -> list[str]:
        """What stands along the source axis of the attention, one string for each position."""

    def describe(self, features: Features) -> str:
        """A source as people can recognise it, made of its features."""

    def to_manifest(self) -> Mapping[str, Any]:
        """The entry of the manifest from which `source_processor` builds it again; "type" is its key there."""


@dataclass(frozen=True)
class SourceSpec:
    """What a processor is built from.

    Attributes:
        entry: Its entry of the manifest.
        folder: The bundle or dataset that holds its files.
        source_length: Maximum length of a source.
        files: Names of the files in the folder that can be relied on; None: all.
        vocabulary: Number of source tokens of the model, if sources are texts; None: not to be checked.
    """

    entry: Mapping[str, Any]
    folder: Path
    source_length: int
    task: Task
    files: Container[str] | None = None
    vocabulary: int | None = None
