"""Reads the lines of a text file, plain or compressed. Errors name file and row."""

import codecs
import io
from collections.abc import Iterator
from pathlib import Path

from seq2edge.device.errors import UserError
from seq2edge.pipeline.data.compressed import DAMAGED, damage, open_bytes
from seq2edge.pipeline.recipe_schema.data import LineEnd

LINE_ENDS: dict[LineEnd, str] = {"lf": "\n", "cr": "\r"}
MARK = "\ufeff"  # byte order mark


def numbered_lines(
    path: Path, encoding: str, keep_empty: bool = False, line_end: LineEnd = "lf"
) -> Iterator[tuple[int, str]]:
    """Yield row numbers, from 1, and lines.

    Only a line feed ends a line, or only a carriage return if `line_end` says so, because other separators occur inside
    texts.
    """
    row = 0
    for row, line in enumerate(raw_lines(path, encoding, line_end), 1):
        text = line.removesuffix("\n").removesuffix("\r")
        if text or keep_empty:
            yield row, text
    if row == 0:
        raise UserError(f"{path}: the file is empty")


def raw_lines(path: Path, encoding: str, line_end: LineEnd = "lf") -> Iterator[str]:
    """Yield lines with their line ends. Errors about invalid bytes name file and row."""
    if not path.is_file():
        raise UserError(f"{path}: no such file")
    try:
        codec = codecs.lookup(encoding).name
    except LookupError:
        raise UserError(f"{path}: unknown encoding {encoding!r}") from None
    row = 0
    try:
        with open_bytes(path) as raw, io.TextIOWrapper(raw, codec, newline=LINE_ENDS[line_end]) as text:
            for line in text:
                row += 1
                yield line.removeprefix(MARK) if row == 1 else line
    except UnicodeDecodeError as error:
        before = error.object[: error.start].decode(codec, "ignore")  # the chunk up to the invalid byte
        row += 1 + before.count(LINE_ENDS[line_end])
        raise UserError(
            f"{path}, row {row}: not {encoding}: byte 0x{error.object[error.start]:02x} cannot be read; "
            "set encoding in the recipe"
        ) from None
    except UnicodeError as error:  # UTF-16 without a byte order mark
        raise UserError(f"{path}: not {encoding}: {error}; set encoding in the recipe") from None
    except DAMAGED as error:
        raise damage(path, error, row) from None
