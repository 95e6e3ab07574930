"""Marks the words in which an answer differs from another."""

import difflib
import html
import re

PARTS = re.compile(r"\s+|\w+|[^\w\s]")


def marked(answer: str, other: str) -> str:
    """Return an answer as HTML. Words that `other` does not have at the same place are marked."""
    parts, others = PARTS.findall(answer), PARTS.findall(other)
    matcher = difflib.SequenceMatcher(None, others, parts, autojunk=False)
    found = []
    for kind, _, _, start, end in matcher.get_opcodes():
        text = html.escape("".join(parts[start:end]))
        found.append(text if kind == "equal" or not text.strip() else f"<mark>{text}</mark>")
    return "".join(found)
