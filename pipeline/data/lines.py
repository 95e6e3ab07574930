"""Lines of a text file, plain or gzip, with errors that name file and row."""

import codecs
import gzip
import io
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import IO

from seq2edge.device.errors import UserError


def numbered_lines(path: Path, encoding: str, keep_empty: bool = False) -> Iterator[tuple[int, str]]:
    """Row numbers from 1 and lines. Only a line feed ends a line, because other separators occur inside texts."""
    row = 0
    for row, line in enumerate(raw_lines(path, encoding), 1):
        text = line.removesuffix("\n").removesuffix("\r")
        if text or keep_empty:
            yield row, text
    if row == 0:
        raise UserError(f"{path}: the file is empty")


def raw_lines(path: Path, encoding: str) -> Iterator[str]:
    """Lines with their line ends. Errors in the bytes are reported with file and row."""
    if not path.is_file():
        raise UserError(f"{path}: no such file")
    try:
        codec = codecs.lookup(encoding).name
    except LookupError:
        raise UserError(f"{path}: unknown encoding {encoding!r}") from None
    row = 0
    try:
        with (
            open_bytes(path) as raw,
            io.TextIOWrapper(raw, "utf-8-sig" if codec == "utf-8" else codec, newline="\n") as text,
        ):
            for line in text:
                row += 1
                yield line
    except UnicodeDecodeError as error:
        before = error.object[: error.start].decode(codec, "ignore")  # the same chunk up to the bad byte
        row += 1 + before.count("\n")
        raise UserError(
            f"{path}, row {row}: not {encoding}: byte 0x{error.object[error.start]:02x} cannot be read; "
            "set encoding in the recipe"
        ) from None
    except UnicodeError as error:  # UTF-16 without a byte order mark
        raise UserError(f"{path}: not {encoding}: {error}; set encoding in the recipe") from None
    except (EOFError, gzip.BadGzipFile, zlib.error) as error:
        raise UserError(f"{path}, after row {row}: damaged or truncated gzip file: {error}") from None


def open_bytes(path: Path) -> IO[bytes]:
    """Open a file, plain or gzip, to read its bytes."""
    return gzip.open(path) if path.suffix == ".gz" else path.open("rb")  # type: ignore[return-value]
