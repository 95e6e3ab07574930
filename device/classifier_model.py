"""Interface between the classification runner and a model."""

from abc import ABC, abstractmethod
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from seq2edge.device.processors.interface import Features


class ClassifierOutput(NamedTuple):
    """Output of a classifier for one source.

    Attributes:
        logits: Array `(classes,)`.
        attention: Attention weights over the padded source, `(padded_length,)`; None if the model has no attention.
    """

    logits: np.ndarray
    attention: np.ndarray | None


class ClassifierModel(ABC):
    """A trained classifier, independent of what runs it: Keras or a device runtime."""

    @abstractmethod
    def classify(self, sources: Sequence[Features]) -> list[ClassifierOutput]:
        """Classify sources, given as unpadded features, and return one output for each."""
