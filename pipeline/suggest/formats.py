"""Guesses the format of a text file, and the delimiter of its cells."""

import csv
import io
import json
import re
from collections import Counter
from itertools import islice
from pathlib import Path
from typing import Any

from seq2edge.pipeline.data.readers import FORMATS
from seq2edge.pipeline.data.tables import csv_rows
from seq2edge.pipeline.recipe_schema.data import Format

ROWS = 200  # number of rows that a guess is based on
SHARES = {"\t": 0.5, ",": 0.8, ";": 0.8, "|": 0.8}  # for each delimiter, how many rows must have equally many cells
ARRAY = re.compile(r"\[\s*[\[{]")


def guess_format(name: str, text: str, is_cut: bool) -> tuple[Format, str | None]:
    """Guess the format and, for CSV, the delimiter.

    Args:
        name: Name of the file, without the suffix of a compression.
        text: The first characters of the file.
        is_cut: Whether the last row of the text may be incomplete.
    """
    kind = FORMATS.get(Path(name).suffix.lower())
    lines = [line for line in text.split("\n") if line.strip()]
    first = _parsed(lines[0])
    if kind in ("json", "jsonl"):
        return _guess_json(text, lines, first), None
    if isinstance(first, dict):
        return "jsonl", None
    if ARRAY.match(text.lstrip()) and kind is not FORMATS[".tsv"] and kind is not FORMATS[".csv"]:
        return "json", None
    if ARRAY.match(text.lstrip()) and _parsed(text) is not None:
        return "json", None
    return _guess_table(kind, text, is_cut)


def _guess_json(text: str, lines: list[str], first: Any) -> Format:
    """Return "jsonl" if the first line is an object or an array of texts, unless this array is the whole file."""
    if isinstance(first, dict):
        return "json" if len(lines) == 1 and any(isinstance(value, list) for value in first.values()) else "jsonl"
    is_row = isinstance(first, list) and not ARRAY.match(text.lstrip())
    return "jsonl" if is_row or not text.lstrip().startswith(("[", "{")) else "json"


def _guess_table(kind: Format | None, text: str, is_cut: bool) -> tuple[Format, str | None]:
    """Guess from the delimiter that divides most rows into the same number of cells. That of the name is preferred."""
    shares = {delimiter: _share(_rows(text, delimiter, is_cut)) for delimiter in SHARES}
    order = [",", ";", "\t", "|"] if kind == "csv" else ["\t", ",", ";", "|"]
    possible = [delimiter for delimiter in order if shares[delimiter] >= SHARES[delimiter]]
    best = max(possible, key=lambda delimiter: round(shares[delimiter], 2), default=None)
    if best is None:
        return kind or "tsv", None
    if best == "\t":
        return ("csv", "\t") if _is_quoted(text, is_cut) else ("tsv", None)
    return "csv", None if best == "," else best


def _rows(text: str, delimiter: str, is_cut: bool, strict: bool = False) -> list[list[str]]:
    """Return the first rows, up to a mistake. Between tabs, quotes have no meaning unless `strict` is set."""
    rows: list[list[str]] = []
    if delimiter == "\t" and not strict:
        rows = [line.rstrip("\r").split("\t") for line in text.split("\n")[:ROWS] if line.strip()]
    else:
        try:
            for _, cells in islice(csv_rows(io.StringIO(text), delimiter, strict), ROWS):
                rows.append(cells)
        except csv.Error:
            return [] if strict else rows
    return rows[:-1] if is_cut and 1 < len(rows) < ROWS else rows


def _share(rows: list[list[str]]) -> float:
    """Return the share of rows that have the most frequent number of cells, which must be at least two."""
    counts = Counter(len(row) for row in rows if len(row) > 1)
    return max(counts.values(), default=0) / max(len(rows), 1)


def _is_quoted(text: str, is_cut: bool) -> bool:
    """Return whether cells between tabs are quoted as Excel does, so that quotes are not part of the texts.

    This is so if all rows can be read in this way, and either a quoted cell contains something that needs quotes or
    nearly all cells are quoted.
    """
    rows = _rows(text, "\t", is_cut, strict=True)
    if not rows or _share(rows) < 1:
        return False
    cells = [cell for row in rows for cell in row if cell]
    quoted = [cell for cell in cells if '"' + cell.replace('"', '""') + '"' in text]
    needed = any("\t" in cell or "\n" in cell or '"' in cell for cell in quoted)
    return needed or len(quoted) >= 0.9 * len(cells) >= 9


def _parsed(text: str) -> Any:
    """Parse JSON; None if the text is not JSON."""
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        return None
