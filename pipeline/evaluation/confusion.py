"""Confusion matrices of labels."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

MOST_LABELS = 30  # largest number of rows of a drawn matrix
OTHERS = "other labels"


@dataclass(frozen=True)
class Confusion:
    """A confusion matrix: how often each label was predicted for the examples of each label.

    Attributes:
        rows: Expected labels.
        columns: Predicted labels, the same as `rows`, then "other labels" if the matrix is part of a larger one.
        counts: Numbers of examples, `(rows, columns)`.
    """

    rows: tuple[str, ...]
    columns: tuple[str, ...]
    counts: np.ndarray

    @classmethod
    def of(cls, expected: Sequence[str], predicted: Sequence[str]) -> "Confusion":
        """Make the matrix of all labels that occur, sorted by name."""
        from sklearn.metrics import confusion_matrix

        labels = tuple(sorted({*expected, *predicted}))
        return cls(labels, labels, confusion_matrix(list(expected), list(predicted), labels=list(labels)))

    def most_confused(self, count: int = MOST_LABELS) -> "Confusion":
        """Return the part of the matrix with the labels that are most often expected or predicted by mistake.

        All other labels become one column of predictions.

        Args:
            count: Largest number of labels to keep.
        """
        if len(self.rows) <= count:
            return self
        mistakes = self.counts.sum(0) + self.counts.sum(1) - 2 * self.counts.diagonal()
        chosen = np.sort(np.argsort(-mistakes, kind="stable")[:count])
        labels = tuple(self.rows[index] for index in chosen)
        counts = self.counts[chosen]
        others = np.delete(counts, chosen, axis=1).sum(1, keepdims=True)
        return Confusion(labels, (*labels, OTHERS), np.hstack([counts[:, chosen], others]))


@dataclass(frozen=True)
class ConfusedPair:
    """A label that was predicted for examples of another.

    Attributes:
        indices: Indices of these examples in the set.
    """

    expected: str
    predicted: str
    indices: list[int]


def confused_pairs(expected: Sequence[str], predicted: Sequence[str], count: int) -> list[ConfusedPair]:
    """Return the `count` pairs of labels with the most mistakes, most mistakes first."""
    mistakes: dict[tuple[str, str], list[int]] = defaultdict(list)
    for index, (label, answer) in enumerate(zip(expected, predicted, strict=True)):
        if label != answer:
            mistakes[label, answer].append(index)
    pairs = [ConfusedPair(label, answer, indices) for (label, answer), indices in mistakes.items()]
    return sorted(pairs, key=lambda pair: (-len(pair.indices), pair.expected, pair.predicted))[:count]
