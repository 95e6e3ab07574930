"""What the runner of classifiers needs of a model."""

from abc import ABC, abstractmethod
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from seq2edge.device.processors.interface import Features


class ClassifierOutput(NamedTuple):
    """The output for one source.

    Attributes:
        logits: `(classes,)`.
        attention: Weights over the source and its padding, `(padded_length,)`; None if the model has none.
    """

    logits: np.ndarray
    attention: np.ndarray | None


class ClassifierModel(ABC):
    """A trained classifier, whatever runs it."""

    @abstractmethod
    def classify(self, sources: Sequence[Features]) -> list[ClassifierOutput]:
        """Classify sources, each with unpadded features."""
