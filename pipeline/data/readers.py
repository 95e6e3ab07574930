"""Reads pairs from TSV, CSV, JSON Lines or two parallel files, each plain or gzip."""

import codecs
import csv
import gzip
import io
import json
import re
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from seq2edge.device.errors import UserError
from seq2edge.pipeline.recipe_schema.recipe import File

LONE_RETURN = re.compile(r"\r(?![\r\n]|\Z)")
FORMATS = {".tsv": "tsv", ".txt": "tsv", ".csv": "csv", ".jsonl": "jsonl", ".ndjson": "jsonl"}


@dataclass(frozen=True)
class Pair:
    """A source text and its target text."""

    source: str
    target: str


def read_pairs(file: File, path: Path, target_path: Path | None = None) -> Iterator[Pair]:
    """The pairs of one file, read row by row.

    Args:
        file: Its entry in the recipe.
        path, target_path: Where it is on this machine; the second one for parallel files only.

    Raises:
        UserError: If a row cannot be read; the message names file and row.
    """
    kind = file_format(file)
    if (kind == "parallel") != (target_path is not None):
        raise UserError(
            f"{path}: format {kind!r} does not match target_path; format parallel needs one, other formats have none"
        )
    if target_path is not None:
        return _read_parallel(path, target_path, file.encoding)
    readers = {"tsv": _read_tsv, "csv": _read_csv, "jsonl": _read_jsonl}
    if kind not in readers:
        raise UserError(
            f"{path}: format {kind!r} is reserved for the bundled corpus; allowed: {', '.join(readers)}, parallel"
        )
    return readers[kind](path, file)


def file_format(file: File) -> str:
    """The format of a file: the one in the recipe, or the one its name suggests."""
    if file.format:
        return file.format
    if file.target_path:
        return "parallel"
    suffix = Path(file.path.removesuffix(".gz")).suffix.lower()
    if suffix not in FORMATS:
        raise UserError(f"{file.path}: the name does not tell the format; set format to tsv, csv, jsonl or parallel")
    return FORMATS[suffix]


def _read_tsv(path: Path, file: File) -> Iterator[Pair]:
    columns: tuple[int, int] | None = None
    for row, line in _lines(path, file.encoding):
        cells = line.split("\t")
        if columns is None:
            columns = _columns(path, file, cells)
            if _has_header(file):
                continue
        yield _pick(path, row, cells, columns)


def _read_csv(path: Path, file: File) -> Iterator[Pair]:
    columns: tuple[int, int] | None = None
    # The csv module takes a lone carriage return as the end of a row.
    lines = (LONE_RETURN.sub(" ", line) for line in _raw_lines(path, file.encoding))
    reader = csv.reader(lines, strict=True)
    try:
        for cells in reader:
            if columns is None:
                columns = _columns(path, file, cells)
                if _has_header(file):
                    continue
            if cells:
                yield _pick(path, reader.line_num, cells, columns)
    except csv.Error as error:
        raise UserError(f"{path}, row {reader.line_num}: invalid CSV: {error}") from None
    if columns is None:
        raise UserError(f"{path}: the file is empty")


def _read_jsonl(path: Path, file: File) -> Iterator[Pair]:
    for row, line in _lines(path, file.encoding):
        try:
            values = json.loads(line)
        except (ValueError, RecursionError) as error:  # RecursionError: nested too deeply
            raise UserError(f"{path}, row {row}: invalid JSON: {error}") from None
        cells = []
        for key in (file.source, file.target):
            if not isinstance(values, dict) or not isinstance(values.get(str(key)), str):
                raise UserError(f"{path}, row {row}: key {str(key)!r} is missing or not a string")
            cells.append(values[str(key)])
        yield Pair(*cells)


def _read_parallel(path: Path, target_path: Path, encoding: str) -> Iterator[Pair]:
    sources, targets = _lines(path, encoding, keep_empty=True), _lines(target_path, encoding, keep_empty=True)
    while True:
        source, target = next(sources, None), next(targets, None)
        if source is None and target is None:
            return
        if source is None or target is None:
            shorter, longer = (path, target_path) if source is None else (target_path, path)
            row = (source or target or (0, ""))[0]
            raise UserError(
                f"{shorter}: ends before row {row}, but {longer} does not; parallel files need the same number of lines"
            )
        yield Pair(source[1], target[1])


def _lines(path: Path, encoding: str, keep_empty: bool = False) -> Iterator[tuple[int, str]]:
    """Row numbers from 1 and lines. Only a line feed ends a line, because other separators occur inside texts."""
    row = 0
    for row, line in enumerate(_raw_lines(path, encoding), 1):
        text = line.rstrip("\r\n")
        if text or keep_empty:
            yield row, text
    if row == 0:
        raise UserError(f"{path}: the file is empty")


def _raw_lines(path: Path, encoding: str) -> Iterator[str]:
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
            _bytes(path) as raw,
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


def _bytes(path: Path) -> IO[bytes]:
    return gzip.open(path) if path.suffix == ".gz" else path.open("rb")  # type: ignore[return-value]


def _has_header(file: File) -> bool:
    if file.header is None:
        return isinstance(file.source, str) or isinstance(file.target, str)
    return file.header


def _columns(path: Path, file: File, first: list[str]) -> tuple[int, int]:
    """Indices of the source and target columns."""
    numbers = []
    for column in (file.source, file.target):
        if isinstance(column, int):
            if column < 0:
                raise UserError(f"{path}: column {column}: column numbers start at 0")
            numbers.append(column)
        elif column in first:
            numbers.append(first.index(column))
        else:
            raise UserError(f"{path}, row 1: no column {column!r}; columns: {', '.join(first)}")
    return numbers[0], numbers[1]


def _pick(path: Path, row: int, cells: list[str], columns: tuple[int, int]) -> Pair:
    if max(columns) >= len(cells):
        raise UserError(f"{path}, row {row}: {len(cells)} columns, at least {max(columns) + 1} are needed")
    return Pair(cells[columns[0]], cells[columns[1]])
