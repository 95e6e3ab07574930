"""Calibration: compares the confidence of answers with the share of them that is correct.

Reference:
    [Guo et al., 2017](https://arxiv.org/abs/1706.04599)
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

BINS = 10  # number of bins of equal width, from confidence 0 to 1


@dataclass(frozen=True)
class Calibration:
    """Confidence and accuracy of the answers in each bin. Empty bins are left out.

    Attributes:
        confidence, accuracy: Means over the answers of each bin, 0 to 1, `(bins,)`.
        counts: Number of answers in each bin, `(bins,)`.
    """

    confidence: np.ndarray
    accuracy: np.ndarray
    counts: np.ndarray

    @classmethod
    def of(cls, confidences: Sequence[float], correct: Sequence[bool]) -> "Calibration":
        """Sort answers into bins by their confidence, 0 to 1."""
        values, hits = np.asarray(confidences, float), np.asarray(correct, float)
        bin_of = np.clip(np.ceil(values * BINS).astype(int) - 1, 0, BINS - 1)
        counts = np.bincount(bin_of, minlength=BINS)
        used = counts > 0
        confidence, accuracy = (np.bincount(bin_of, column, BINS)[used] / counts[used] for column in (values, hits))
        return cls(confidence, accuracy, counts[used])

    @property
    def error(self) -> float:
        """Expected calibration error: mean difference between confidence and accuracy over all answers, 0 to 1."""
        return float(np.average(np.abs(self.confidence - self.accuracy), weights=self.counts))
