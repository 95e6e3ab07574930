"""A split that is the same on every machine and leaks nothing."""

import re

from seq2edge.pipeline.data.cleaning import hash64

NO_LETTERS = re.compile(r"[\W_]+")  # nor digits
FEWEST = {"train": 20, "valid": 2}  # pairs that a training needs


def split_of(source: str, valid: float, test: float) -> str:
    """Which split a source belongs to, by a hash of its letters and digits.

    Case, spaces and punctuation do not count, so that near-copies of a source stay together and no pair is in two
    splits.

    Args:
        valid, test: Shares held out, 0 to 1.
    """
    return split_at(place_of(source), valid, test)


def place_of(source: str) -> float:
    """Where a source stands between 0 and 1."""
    return hash64(split_key(source)) / 2**64


def split_at(place: float, valid: float, test: float) -> str:
    """The split of a place: test comes first, then validation, and training has the rest."""
    if place < test:
        return "test"
    return "valid" if place < test + valid else "train"


def split_key(text: str) -> str:
    """What is left of a text without case, spaces and punctuation; of one that is only these, the text itself."""
    return NO_LETTERS.sub("", text.casefold()) or text
