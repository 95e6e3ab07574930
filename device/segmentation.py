"""Long texts in parts a model can read: at lines, at sentence ends, and only then inside a sentence."""

import re
from collections.abc import Callable
from dataclasses import dataclass

# A sentence end: the sign, closing quotes, then space or, for full-width signs, nothing. "3.14" has no space behind.
SENTENCE_END = re.compile(r"(?<=[.!?…])[\"'”’)\]]*\s+|(?<=[。！？])[”’」』)]*")
ABBREVIATIONS = re.compile(r"\b(?:Mr|Mrs|Ms|Dr|Prof|St|vs|etc|e\.g|i\.e|z\.B|Nr|bzw|No|Fig)\.\s*$", re.IGNORECASE)


@dataclass(frozen=True)
class Segment:
    """A part of a text.

    Attributes:
        line: Number of the line it stands in.
        cut: It ends inside a sentence, because the sentence is longer than the model reads.
    """

    text: str
    line: int
    cut: bool = False


def segments(text: str, length: Callable[[str], int], longest: int) -> list[Segment]:
    """Divide a text into parts of at most `longest` tokens; empty lines give none.

    Only a line feed ends a line.

    Args:
        length: Tokens of a text.
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
    """The sentences of a line."""
    found, start = [], 0
    for end in SENTENCE_END.finditer(line):
        if ABBREVIATIONS.search(line[start : end.start()]) or end.end() == start:
            continue
        found.append(line[start : end.end()].strip())
        start = end.end()
    if rest := line[start:].strip():
        found.append(rest)
    return [sentence for sentence in found if sentence]


def _cut(sentence: str, length: Callable[[str], int], longest: int) -> list[str]:
    """Parts of a sentence that is too long: at the last space that fits, or anywhere where there is none."""
    parts = []
    while length(sentence) > longest:
        # Tokens grow with characters, so the longest prefix that fits is found by halving.
        low, high = 1, min(len(sentence), 64 * longest)
        while low < high:
            middle = (low + high + 1) // 2
            low, high = (middle, high) if length(sentence[:middle]) <= longest else (low, middle - 1)
        space = sentence.rfind(" ", 1, low)
        end = space if space > low // 2 else low
        parts.append(sentence[:end].strip())
        sentence = sentence[end:].strip()
    return [*parts, sentence]
