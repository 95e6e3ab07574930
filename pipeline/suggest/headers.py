"""Detects whether the first row of a table names its columns."""

import re
from collections import Counter
from collections.abc import Sequence
from enum import Enum

import numpy as np

from seq2edge.device.scripts import script_of
from seq2edge.pipeline.suggest.names import is_usual_name

NUMBER = re.compile(r"[-+−]?[\d.,:/\s-]*\d[\d.,:/\s-]*%?")
ENDS = re.compile(r"[.!?…。！？][\"'”’)]*$")
LONGEST_NAME, MOST_WORDS = 40, 4
NEARLY_ALL, MOSTLY = 0.95, 0.8
FEWEST = 8  # with fewer rows after the first, only the words of the first row decide


class Header(Enum):
    """Whether row 1 is a header."""

    NO = "no"
    LIKELY = "likely"
    YES = "yes"


def is_number(text: str) -> bool:
    """Return whether a cell is a number, a date, a time or a percentage."""
    return NUMBER.fullmatch(text.strip()) is not None


def find_header(rows: Sequence[Sequence[str]]) -> Header:
    """Detect a header: a first row of usual column names, or one that differs from the content of the columns."""
    first, rest = rows[0], [row for row in rows[1:] if len(row) == len(rows[0])]
    columns = [[row[index] for row in rest if row[index].strip()] for index in range(len(first))]
    if not _are_names(first, columns):
        return Header.NO
    usual = [is_usual_name(cell) for cell in first]
    if sum(usual) > 1 and (len(first) > 2 or not _is_dictionary(columns)):
        return Header.YES
    numbers = [_share([is_number(cell) for cell in column]) >= NEARLY_ALL for column in columns]
    if any(is_numbers and not is_number(cell) for is_numbers, cell in zip(numbers, first, strict=True) if cell.strip()):
        return Header.YES if sum(usual) or len(rest) >= FEWEST else Header.NO
    texts = [(cell, column) for cell, column, is_numbers in zip(first, columns, numbers, strict=True) if not is_numbers]
    if any(usual) and rest and not _is_dictionary(columns):
        return Header.YES if len(rest) >= FEWEST else Header.LIKELY
    if len(rest) < FEWEST or not texts:
        return Header.NO
    is_odd = _has_other_script(texts) or _lacks_punctuation(texts) or _is_shorter(texts)
    return Header.LIKELY if is_odd else Header.NO


def _are_names(first: Sequence[str], columns: Sequence[Sequence[str]]) -> bool:
    """Return whether cells could be names: short, different, and not repeated below.

    The name of a column of numbers may be missing.
    """
    filled = [cell.strip() for cell in first if cell.strip()]
    return (
        len(set(filled)) == len(filled) > 0
        and all(cell.strip() or all(map(is_number, column)) for cell, column in zip(first, columns, strict=True))
        and all(len(cell) <= LONGEST_NAME and len(cell.split()) <= MOST_WORDS for cell in filled)
        and not any((ENDS.search(cell) and len(cell) > 3) or is_number(cell) for cell in filled)
        and not any(cell in column for cell, column in zip(first, columns, strict=True) if cell.strip())
    )


def _is_dictionary(columns: Sequence[Sequence[str]]) -> bool:
    """Return whether most cells are single words, so that a row of column names could be an entry, "English → 영어"."""
    cells = [cell for column in columns for cell in column if not is_number(cell)]
    return len(cells) >= FEWEST and _share([" " not in cell.strip() and len(cell) < 20 for cell in cells]) > 0.7


def _has_other_script(texts: Sequence[tuple[str, Sequence[str]]]) -> bool:
    """Return whether a column is in one script and its first cell in another."""
    for cell, column in texts:
        script, count = Counter(map(script_of, column)).most_common(1)[0] if column else ("none", 0)
        if script not in ("none", script_of(cell)) and script_of(cell) != "none" and count >= NEARLY_ALL * len(column):
            return True
    return False


def _lacks_punctuation(texts: Sequence[tuple[str, Sequence[str]]]) -> bool:
    """Return whether the texts of every column end in punctuation, as sentences do and names of columns do not."""
    return all(_share([ENDS.search(text) is not None for text in column]) >= MOSTLY for _, column in texts)


def _is_shorter(texts: Sequence[tuple[str, Sequence[str]]]) -> bool:
    """Return whether the first cells are much shorter than the texts.

    In a file sorted by length, they must also be shorter than the next texts.
    """
    return all(
        len(cell) * 4 <= np.median([len(text) for text in column]) and len(cell) * 1.5 < min(map(len, column[:20]))
        for cell, column in texts
        if column
    )


def _share(flags: Sequence[bool]) -> float:
    return sum(flags) / max(len(flags), 1)
