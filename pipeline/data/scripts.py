"""The script that a text is written in."""

import unicodedata
from collections import Counter


def script_of(text: str) -> str:
    """The most frequent script among the letters of a text: "Hangul", "Latin" …, or "none" without letters.

    The script is the first word of a character's Unicode name.
    """
    scripts = Counter(
        unicodedata.name(character, "UNKNOWN").split(" ")[0].capitalize() for character in text if character.isalpha()
    )
    return scripts.most_common(1)[0][0] if scripts else "none"
