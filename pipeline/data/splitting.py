"""Splits into training, validation and test by a hash of the source: the same on every machine, without leaks."""

import re

from seq2edge.pipeline.data.cleaning import hash64

SEPARATORS = re.compile(r"[\W_]+")  # everything but letters and digits
FEWEST = {"train": 20, "valid": 2}  # pairs needed for training


def split_of(source: str, valid: float, test: float) -> str:
    """The split of a source: "train", "valid" or "test".

    Sources that differ only in case, white space or punctuation go to the same split.

    Args:
        valid, test: Shares held out, 0 to 1.
    """
    return split_at(place_of(source), valid, test)


def place_of(source: str) -> float:
    """A number from 0 to 1 that a source always has, evenly distributed over sources."""
    return hash64(split_key(source)) / 2**64


def split_at(place: float, valid: float, test: float) -> str:
    """The split of a place: test takes the lowest places, validation the next, training the rest."""
    if place < test:
        return "test"
    return "valid" if place < test + valid else "train"


def split_key(text: str) -> str:
    """A text without case, white space and punctuation; unchanged if nothing else is in it."""
    return SEPARATORS.sub("", text.casefold()) or text
