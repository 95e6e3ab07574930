"""Detects the script of a text."""

import unicodedata
from collections import Counter


def script_of(text: str) -> str:
    """Return the most frequent script of a text's letters: "Hangul", "Latin" …, or "none" if it has no letters.

    The script is the first word of a character's Unicode name.
    """
    scripts = Counter(
        unicodedata.name(character, "UNKNOWN").split(" ")[0].capitalize() for character in text if character.isalpha()
    )
    return scripts.most_common(1)[0][0] if scripts else "none"
