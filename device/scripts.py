"""Detects the scripts of a text."""

import unicodedata
from collections import Counter
from collections.abc import Iterator


def scripts_of(text: str) -> Counter[str]:
    """Count the letters of a text by script: "Hangul", "Latin" …

    The script is the first word of a character's Unicode name.
    """
    return Counter(_scripts(text))


def _scripts(text: str) -> Iterator[str]:
    """Yield the script of each letter of a text."""
    names = (unicodedata.name(character, "UNKNOWN") for character in text if character.isalpha())
    return (name.split(" ")[0].capitalize() for name in names)


def script_of(text: str) -> str:
    """Return the most frequent script of a text's letters, or "none" if it has no letters."""
    scripts = scripts_of(text)
    return scripts.most_common(1)[0][0] if scripts else "none"


def script_note(text: str, expected: str) -> str | None:
    """Return a note if a text has letters, but none of the expected script; None if it is as expected.

    Args:
        text: The text.
        expected: A script of which the sources that a model was trained on have letters; empty: any script.
    """
    if not expected or expected in _scripts(text) or not (found := scripts_of(text)):
        return None
    script = found.most_common(1)[0][0]
    return f"the text has {script} letters; the model was trained on texts with {expected} letters and cannot read it"
