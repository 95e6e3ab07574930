"""Splits data into training, validation and test by a hash of the source, the same on every machine, without leaks."""

import re

from seq2edge.pipeline.data.cleaning import hash64

SEPARATORS = re.compile(r"[\W_]+")  # everything but letters and digits
FEWEST = {"train": 20, "valid": 2}  # smallest number of pairs to train with


def place_of(source: str) -> float:
    """Return a number from 0 to 1 that depends on the source only, evenly distributed over sources.

    Sources that differ only in case, white space or punctuation get the same number.
    """
    return hash64(split_key(source)) / 2**64


def split_at(place: float, valid: float, test: float) -> str:
    """Return the split of a place, "train", "valid" or "test". Test has the lowest places, validation the next.

    Args:
        valid, test: Shares held out, 0 to 1.
    """
    if place < test:
        return "test"
    return "valid" if place < test + valid else "train"


def split_key(text: str) -> str:
    """Return a text without case, white space and punctuation; unchanged if it consists of nothing else."""
    return SEPARATORS.sub("", text.casefold()) or text


def is_in_share(source: str, share: float) -> bool:
    """Return whether a source belongs to a share of all sources, chosen independently of the split.

    Args:
        share: From 0 to 1. A larger share contains every smaller one.
    """
    return hash64(f"share {split_key(source)}") < share * 2**64
