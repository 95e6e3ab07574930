"""Distinguishes labels from texts, and describes the labels of a file."""

from collections import Counter
from dataclasses import dataclass, field

from seq2edge.device.processors.text import normalise

MOST_LABELS = 10_000  # largest number of different labels; more different targets are texts
REPEATS = 10  # smallest mean number of examples per label; texts rarely repeat so often
REPEATS_IF_NAMED = 2  # the same if the name of the column is usual for labels
LONGEST_LABEL = 40  # characters
MOST_WORDS = 4  # words of a label
FEW = 10  # a label with fewer examples is hard to learn
SHOWN = 10  # number of labels in a description


@dataclass
class Values:
    """Counts of the values of a column.

    Attributes:
        total: Number of values.
        counts: Count of each normalised value; empty if there are more than `MOST_LABELS` different values.
    """

    total: int = 0
    counts: Counter[str] = field(default_factory=Counter)
    too_many: bool = False

    def add(self, value: str) -> None:
        self.total += 1
        if not self.too_many:
            self.counts[normalised(value)] += 1
            if len(self.counts) > MOST_LABELS:
                self.too_many = True
                self.counts.clear()

    def are_labels(self, named: bool = False) -> bool:
        """Return whether there are at least two values, all of them short, that occur many times.

        Args:
            named: Whether the name of the column is usual for labels. Fewer repetitions are needed then.
        """
        if named:
            return self.recur(REPEATS_IF_NAMED)
        return len(self.counts) > 1 and self.recur(REPEATS) and all(map(is_short, self.counts))

    def recur(self, times: int) -> bool:
        """Return whether values occur at least this many times on average."""
        return 0 < len(self.counts) * times <= self.total


def describe_labels(counts: Counter[str]) -> list[str]:
    """Return a line about the labels with the most examples, and one about those with too few."""
    most = ", ".join(f"{label} {number:,}" for label, number in counts.most_common(SHOWN))
    lines = [f"labels: {len(counts):,}; {'most frequent: ' if len(counts) > SHOWN else ''}{most}"]
    if few := [(label, number) for label, number in reversed(counts.most_common()) if number < FEW]:
        shown = ", ".join(f"{label} {number}" for label, number in few[:SHOWN])
        more = f" and {len(few) - SHOWN:,} more" if len(few) > SHOWN else ""
        lines.append(f"hard to learn, fewer than {FEW} examples: {shown}{more}")
    return lines


def normalised(label: str) -> str:
    """Return a label as `prepare` writes it."""
    return normalise(label, "NFC")


def is_short(value: str) -> bool:
    """Return whether a value is short enough for a label."""
    return len(value) <= LONGEST_LABEL and len(value.split()) <= MOST_WORDS
