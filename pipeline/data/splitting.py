"""A split that is the same on every machine and leaks nothing."""

import re

from seq2edge.pipeline.data.cleaning import hash64

NO_LETTERS = re.compile(r"[\W_]+")  # nor digits


def split_of(source: str, valid: float, test: float) -> str:
    """Which split a source belongs to, by a hash of its letters and digits.

    Case, spaces and punctuation do not count, so that near-copies of a source stay together and no pair is in two
    splits.

    Args:
        valid, test: Shares held out, 0 to 1.
    """
    place = hash64(split_key(source)) / 2**64
    if place < test:
        return "test"
    return "valid" if place < test + valid else "train"


def split_key(text: str) -> str:
    """What is left of a text without case, spaces and punctuation; of one that is only these, the text itself."""
    return NO_LETTERS.sub("", text.casefold()) or text
