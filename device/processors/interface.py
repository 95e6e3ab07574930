"""Interface of source processors."""

from collections.abc import Container, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

import numpy as np

from seq2edge.device.tasks import Task

# Model inputs of a source: unpadded arrays, each `(source_length, …)`, with the names of the encoder's inputs.
Features = dict[str, np.ndarray]


def source_length(features: Features) -> int:
    """Length of a source: the size of the first axis of its features."""
    return len(next(iter(features.values())))


@dataclass(frozen=True)
class Segment:
    """A part of a source, short enough for the model.

    Attributes:
        source: The part, as input of the processor.
        line: Index of the line of the answer that its target belongs to.
        cut: Whether it ends within a sentence, because the sentence is too long for the model.
        truncated: Whether it is the beginning of a source that may not be split. The rest is ignored.
    """

    source: Any
    line: int
    cut: bool = False
    truncated: bool = False


class SourceProcessor(Protocol):
    """Converts sources to features.

    Processors inherit from this class. By default, there are no slots: `mask` and `fill` leave targets unchanged.
    """

    def __call__(self, source: Any, longest: int | None = None) -> Features:
        """Convert a source to features.

        Args:
            source: The source.
            longest: Maximum length of the features; None: not limited.
        """

    def split(self, source: Any) -> list[Segment]:
        """Split a source into segments that are short enough for the model. An empty source has no segments.

        Raises:
            TextError: If the source is too long.
        """

    def labels(self, features: Features) -> list[str]:
        """Labels of the source axis of the attention, one string for each position."""

    def mask(self, source: Any, target: str) -> str:
        """Replace the parts of a target that its source also has with placeholder tokens.

        Args:
            source: The source, as given to `__call__`.
            target: A target text.
        """
        return target

    def slots_of(self, source: Any) -> dict[str, list[str]]:
        """For every placeholder token of the vocabulary, all occurrences of its part in a source.

        Args:
            source: The source, as given to `__call__`.
        """
        return {}

    def fill(self, source: Any, target: str) -> str:
        """Replace the placeholder tokens of a target with the parts of its source; the reverse of `mask`.

        Args:
            source: The source, as given to `__call__`.
            target: The target, as the model wrote it.
        """
        return target

    def describe(self, features: Features) -> str:
        """A readable description of a source, made from its features."""

    def to_manifest(self) -> Mapping[str, Any]:
        """The manifest entry from which `source_processor` rebuilds this. Its "type" is a key of `PROCESSORS`."""


@dataclass(frozen=True)
class SourceSpec:
    """Everything needed to build a processor.

    Attributes:
        entry: Entry of the processor in the manifest.
        folder: Folder of the bundle or dataset that contains the files of the processor.
        source_length: Maximum length of a source.
        task: Task of the model.
        files: Names of the verified files in the folder; None: all files.
        vocabulary: Number of source tokens of the model, if sources are texts; None: not checked.
    """

    entry: Mapping[str, Any]
    folder: Path
    source_length: int
    task: Task
    files: Container[str] | None = None
    vocabulary: int | None = None
