"""Reading pairs: TSV, CSV, JSON Lines or two parallel files, each plain or gzip."""

import csv
import gzip
import io
import json
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from seq2edge.device.errors import UserError
from seq2edge.pipeline.recipe import File

FORMATS = {".tsv": "tsv", ".txt": "tsv", ".csv": "csv", ".jsonl": "jsonl", ".ndjson": "jsonl"}


@dataclass(frozen=True)
class Pair:
    """A source text and the target it should become."""

    source: str
    target: str


def read_pairs(file: File, path: Path, target_path: Path | None = None) -> Iterator[Pair]:
    """The pairs of one file, a row at a time.

    Args:
        file: What the recipe says of it.
        path: Where it is on this machine; `target_path` too for parallel files.

    Raises:
        UserError: Naming file and row, where something cannot be read.
    """
    kind = file_format(file)
    if kind == "parallel":
        if target_path is None:
            raise UserError(f"{path}: a parallel file needs target_path beside path")
        return _read_parallel(path, target_path, file.encoding)
    return {"tsv": _read_tsv, "csv": _read_csv, "jsonl": _read_jsonl}[kind](path, file)


def file_format(file: File) -> str:
    """The format a file is in: as said, or by its name."""
    if file.format:
        return file.format
    if file.target_path:
        return "parallel"
    suffix = Path(file.path.removesuffix(".gz")).suffix.lower()
    if suffix not in FORMATS:
        raise UserError(f"{file.path}: cannot tell the format from its name; set format to tsv, csv, jsonl or parallel")
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
    with _text(path, file.encoding) as stream:
        reader = csv.reader(stream, strict=True)
        try:
            for cells in reader:
                if columns is None:
                    columns = _columns(path, file, cells)
                    if _has_header(file):
                        continue
                if cells:
                    yield _pick(path, reader.line_num, cells, columns)
        except csv.Error as error:
            raise UserError(f"{path}, row {reader.line_num}: not CSV: {error}") from None
    if columns is None:
        raise UserError(f"{path}: is empty")


def _read_jsonl(path: Path, file: File) -> Iterator[Pair]:
    for row, line in _lines(path, file.encoding):
        try:
            values = json.loads(line)
        except json.JSONDecodeError as error:
            raise UserError(f"{path}, row {row}: not JSON: {error.msg}") from None
        cells = []
        for key in (file.source, file.target):
            if not isinstance(values, dict) or not isinstance(values.get(str(key)), str):
                raise UserError(f"{path}, row {row}: no text under the key {str(key)!r}")
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
                f"{shorter}: ends before row {row}, where {longer} goes on; parallel files need equal lines"
            )
        yield Pair(source[1], target[1])


def _lines(path: Path, encoding: str, keep_empty: bool = False) -> Iterator[tuple[int, str]]:
    """Row numbers from 1 and lines; only a line feed ends a line, as other separators occur inside texts."""
    row = 0
    with _text(path, encoding) as stream:
        for row, line in enumerate(stream, 1):
            text = line.rstrip("\r\n")
            if text or keep_empty:
                yield row, text
    if row == 0:
        raise UserError(f"{path}: is empty")


@contextmanager
def _text(path: Path, encoding: str) -> Iterator[IO[str]]:
    """A file as text; what is wrong with its bytes is said with its name."""
    if not path.is_file():
        raise UserError(f"{path}: no such file")
    try:
        with (
            gzip.open(path) if path.suffix == ".gz" else path.open("rb") as raw,
            io.TextIOWrapper(raw, "utf-8-sig" if encoding.lower() == "utf-8" else encoding, newline="\n") as text,
        ):
            yield text
    except LookupError:
        raise UserError(f"{path}: encoding {encoding!r} is unknown") from None
    except UnicodeDecodeError as error:
        raise UserError(
            f"{path}: not {encoding}: byte 0x{error.object[error.start]:02x} cannot be read; set encoding in the recipe"
        ) from None
    except (EOFError, gzip.BadGzipFile, zlib.error) as error:
        raise UserError(f"{path}: damaged or truncated gzip file: {error}") from None


def _has_header(file: File) -> bool:
    if file.header is None:
        return isinstance(file.source, str) or isinstance(file.target, str)
    return file.header


def _columns(path: Path, file: File, first: list[str]) -> tuple[int, int]:
    """Numbers of the two columns."""
    numbers = []
    for column in (file.source, file.target):
        if isinstance(column, int):
            numbers.append(column)
        elif column in first:
            numbers.append(first.index(column))
        else:
            raise UserError(f"{path}, row 1: no column {column!r}; there are {', '.join(first)}")
    return numbers[0], numbers[1]


def _pick(path: Path, row: int, cells: list[str], columns: tuple[int, int]) -> Pair:
    if max(columns) >= len(cells):
        raise UserError(f"{path}, row {row}: {len(cells)} columns, at least {max(columns) + 1} are needed")
    return Pair(cells[columns[0]], cells[columns[1]])
