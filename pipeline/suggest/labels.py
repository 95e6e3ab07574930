"""Tells labels from texts, and what is to be said of the labels of a file."""

from collections import Counter
from dataclasses import dataclass, field

from seq2edge.device.processors.text import normalise

MOST_LABELS = 10_000  # different targets that are counted; more are no labels
REPEATS = 10  # examples of a label on average, which texts hardly reach
REPEATS_IF_NAMED = 2  # the same, if the column is named as labels are
LONGEST_LABEL = 40  # characters
MOST_WORDS = 4  # of a label
FEW = 10  # examples of a label, which are too few to learn it well
SHOWN = 10  # labels in a description


@dataclass
class Values:
    """How often each value of a column occurs.

    Attributes:
        total: Values counted.
        counts: By normalised value; empty after more than `MOST_LABELS` different ones.
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
        """Whether there are at least two values, each of them short, which occur many times.

        Args:
            named: The column is named as labels are, so it is enough that values occur again.
        """
        if named:
            return self.recur(REPEATS_IF_NAMED)
        return len(self.counts) > 1 and self.recur(REPEATS) and all(map(is_short, self.counts))

    def recur(self, times: int) -> bool:
        """Whether values occur so many times on average."""
        return 0 < len(self.counts) * times <= self.total


def describe_labels(counts: Counter[str]) -> list[str]:
    """A line about the labels with the most examples, and one about those with too few."""
    most = ", ".join(f"{label} {number:,}" for label, number in counts.most_common(SHOWN))
    lines = [f"labels: {len(counts):,}; {'most frequent: ' if len(counts) > SHOWN else ''}{most}"]
    if few := [(label, number) for label, number in reversed(counts.most_common()) if number < FEW]:
        shown = ", ".join(f"{label} {number}" for label, number in few[:SHOWN])
        more = f" and {len(few) - SHOWN:,} more" if len(few) > SHOWN else ""
        lines.append(f"few examples (less than {FEW}), which are hard to learn: {shown}{more}")
    return lines


def normalised(label: str) -> str:
    """A label as `prepare` writes it."""
    return normalise(label, "NFC")


def is_short(value: str) -> bool:
    """Whether a value is no longer than labels are."""
    return len(value) <= LONGEST_LABEL and len(value.split()) <= MOST_WORDS
