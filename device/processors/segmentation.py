"""Splits texts into segments that are short enough for a model: at line ends, at sentence ends, else within sentences.

Texts in which white space carries meaning are not split.
"""

import re
from collections.abc import Callable

from seq2edge.device.processors.interface import Segment

# A sentence end: a mark, closing quotes and a space; full-width marks need no space. So "3.14" is not split.
SENTENCE_END = re.compile(r"(?<=[.!?…])[\"'”’)\]]*\s+|(?<=[。！？])[”’」』)]*")
ABBREVIATIONS = re.compile(r"\b(?:Mr|Mrs|Ms|Dr|Prof|St|vs|etc|e\.g|i\.e|z\.B|Nr|bzw|No|Fig)\.\s*$", re.IGNORECASE)

LONGEST = 8  # characters of an abbreviation, full stop included


def whole(text: str, length: Callable[[str], int], longest: int) -> list[Segment]:
    """Return a text as one segment, truncated to `longest` tokens.

    Args:
        text: The text.
        length: Function that returns the number of tokens of a text.
        longest: Maximum number of tokens.
    """
    if length(text) <= longest:
        return [Segment(text, 0)]
    return [Segment(text[: _longest_beginning(text, length, longest)], 0, truncated=True)]


def segments(text: str, length: Callable[[str], int], longest: int) -> list[Segment]:
    """Split a text into segments of at most `longest` tokens. Empty lines have no segments.

    Only a line feed ends a line.

    Args:
        text: The text.
        length: Function that returns the number of tokens of a text.
        longest: Maximum number of tokens.
    """
    found: list[Segment] = []
    for number, line in enumerate(text.split("\n")):
        if not line.strip():
            continue
        if length(line) <= longest:
            found.append(Segment(line.strip(), number))
            continue
        joined = ""
        for sentence in sentences(line):
            candidate = f"{joined} {sentence}".strip()
            if length(candidate) <= longest:
                joined = candidate
                continue
            if joined:
                found.append(Segment(joined, number))
            *cut, joined = _cut(sentence, length, longest)
            found += [Segment(part, number, cut=True) for part in cut]
        if joined:
            found.append(Segment(joined, number))
    return found


def sentences(line: str) -> list[str]:
    """Split a line into sentences."""
    found, start = [], 0
    for end in SENTENCE_END.finditer(line):
        if ABBREVIATIONS.search(line, max(start, end.start() - LONGEST), end.start()) or end.end() == start:
            continue
        found.append(line[start : end.end()].strip())
        start = end.end()
    if rest := line[start:].strip():
        found.append(rest)
    return [sentence for sentence in found if sentence]


def _cut(sentence: str, length: Callable[[str], int], longest: int) -> list[str]:
    """Split a sentence that is too long, at the last space that fits, or anywhere if there is no such space."""
    parts = []
    while length(sentence) > longest:
        fitting = _longest_beginning(sentence, length, longest)
        space = sentence.rfind(" ", 1, fitting)
        end = space if space > fitting // 2 else fitting
        parts.append(sentence[:end].strip())
        sentence = sentence[end:].strip()
    return [*parts, sentence]


def _longest_beginning(text: str, length: Callable[[str], int], longest: int) -> int:
    """Largest number of characters at the beginning of a text that have at most `longest` tokens."""
    # The number of tokens grows with the number of characters, so bisection works.
    low, high = 1, min(len(text), 64 * longest)
    while low < high:
        middle = (low + high + 1) // 2
        low, high = (middle, high) if length(text[:middle]) <= longest else (low, middle - 1)
    return low
