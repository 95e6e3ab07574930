"""Splits into training, validation and test by a hash of the source: the same on every machine, without leaks."""

import re

from seq2edge.pipeline.data.cleaning import hash64

SEPARATORS = re.compile(r"[\W_]+")  # everything but letters and digits
FEWEST = {"train": 20, "valid": 2}  # pairs needed for training


def place_of(source: str) -> float:
    """A number from 0 to 1 that a source always has, evenly distributed over sources.

    Sources that differ only in case, white space or punctuation have the same one.
    """
    return hash64(split_key(source)) / 2**64


def split_at(place: float, valid: float, test: float) -> str:
    """The split of a place, "train", "valid" or "test": test takes the lowest places, validation the next.

    Args:
        valid, test: Shares held out, 0 to 1.
    """
    if place < test:
        return "test"
    return "valid" if place < test + valid else "train"


def split_key(text: str) -> str:
    """A text without case, white space and punctuation; unchanged if nothing else is in it."""
    return SEPARATORS.sub("", text.casefold()) or text


def is_in_share(source: str, share: float) -> bool:
    """Whether a source belongs to a share of all, 0 to 1, that does not depend on its split; smaller shares are parts
    of larger ones."""
    return hash64(f"share {split_key(source)}") < share * 2**64
