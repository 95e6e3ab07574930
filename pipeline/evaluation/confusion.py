"""Which labels are mistaken for which."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

MOST_LABELS = 30  # rows of a drawn matrix
OTHERS = "other labels"


@dataclass(frozen=True)
class Confusion:
    """How often each label was predicted for the examples of each label.

    Attributes:
        rows: Expected labels.
        columns: Predicted labels: the rows, and after them "other labels" if the matrix is a part of a larger one.
        counts: Numbers of examples, `(rows, columns)`.
    """

    rows: tuple[str, ...]
    columns: tuple[str, ...]
    counts: np.ndarray

    @classmethod
    def of(cls, expected: Sequence[str], predicted: Sequence[str]) -> "Confusion":
        """The matrix of all labels that occur, sorted by name."""
        from sklearn.metrics import confusion_matrix

        labels = tuple(sorted({*expected, *predicted}))
        return cls(labels, labels, confusion_matrix(list(expected), list(predicted), labels=list(labels)))

    def most_confused(self, count: int = MOST_LABELS) -> "Confusion":
        """The part of the labels with the most mistakes, expected or predicted; all if there are no more than `count`.

        What other labels were predicted for them is one column.
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
        indices: Of these examples in the set.
    """

    expected: str
    predicted: str
    indices: list[int]


def confused_pairs(expected: Sequence[str], predicted: Sequence[str], count: int) -> list[ConfusedPair]:
    """The pairs of labels with the most mistakes, most first."""
    mistakes: dict[tuple[str, str], list[int]] = defaultdict(list)
    for index, (label, answer) in enumerate(zip(expected, predicted, strict=True)):
        if label != answer:
            mistakes[label, answer].append(index)
    pairs = [ConfusedPair(label, answer, indices) for (label, answer), indices in mistakes.items()]
    return sorted(pairs, key=lambda pair: (-len(pair.indices), pair.expected, pair.predicted))[:count]
