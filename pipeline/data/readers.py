"""Reads pairs from TSV, CSV, JSON Lines or two parallel files, each plain or gzip, or a folder of labelled texts."""

import csv
import json
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from seq2edge.device.errors import UserError
from seq2edge.pipeline.data.labelled_folder import labelled_texts
from seq2edge.pipeline.data.lines import numbered_lines, raw_lines
from seq2edge.pipeline.recipe_schema.data import File
from seq2edge.pipeline.recipe_schema.template import Template, is_template, parse_template

LONE_RETURN = re.compile(r"\r(?![\r\n]|\Z)")
RETURN_MARK = "\udc0d"  # in place of a lone carriage return; no text that was decoded has it
FORMATS = {".tsv": "tsv", ".txt": "tsv", ".csv": "csv", ".jsonl": "jsonl", ".ndjson": "jsonl"}


@dataclass(frozen=True)
class Pair:
    """A source text and its target text.

    Attributes:
        row: Where it was read, from 1.
        file: Name of the file within a folder; empty if it was no folder.
        split_key: What its split is decided by; None: source, target or both.
        origin: Index of its file in the recipe.
    """

    source: str
    target: str
    row: int = field(default=0, compare=False)
    file: str = field(default="", compare=False)
    split_key: str | None = field(default=None, compare=False)
    origin: int = field(default=0, compare=False)

    def place(self, path: str | Path) -> str:
        """Where it was read in a file or folder, "FILE, row N"."""
        return f"{path}{'/' if self.file else ''}{self.file}, row {self.row}"


@dataclass(frozen=True)
class _Text:
    """How a text is made of the cells of a row: a template, and the columns of its fields."""

    template: Template
    columns: tuple[int, ...]

    def text(self, cells: Sequence[str]) -> str:
        return self.template.fill([cells[column] for column in self.columns])


Texts = tuple[_Text, ...]  # of source, target and, if the file has one, split key


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
    readers = {"tsv": _read_tsv, "csv": _read_csv, "jsonl": _read_jsonl, "folder": _read_folder}
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
        raise UserError(
            f"{file.path}: the name does not tell the format; set format to tsv, csv, jsonl, parallel or folder"
        )
    return FORMATS[suffix]


def _read_tsv(path: Path, file: File) -> Iterator[Pair]:
    texts: Texts | None = None
    for row, line in numbered_lines(path, file.encoding):
        cells = line.split("\t")
        if texts is None:
            texts = _texts(path, file, cells)
            if _has_header(file):
                continue
        yield _pick(path, row, cells, texts)


def _read_csv(path: Path, file: File) -> Iterator[Pair]:
    texts: Texts | None = None
    # The csv module takes a lone carriage return as the end of a row.
    lines = (LONE_RETURN.sub(RETURN_MARK, line) for line in raw_lines(path, file.encoding))
    reader = csv.reader(lines, strict=True)
    try:
        for marked in reader:
            cells = [cell.replace(RETURN_MARK, "\r") for cell in marked]
            if texts is None:
                texts = _texts(path, file, cells)
                if _has_header(file):
                    continue
            if cells:
                yield _pick(path, reader.line_num, cells, texts)
    except csv.Error as error:
        raise UserError(f"{path}, row {reader.line_num}: invalid CSV: {error}") from None
    if texts is None:
        raise UserError(f"{path}: the file is empty")


def _read_jsonl(path: Path, file: File) -> Iterator[Pair]:
    templates = [(column, parse_template(column)) for column in _columns(file)]
    for row, line in numbered_lines(path, file.encoding):
        try:
            values = json.loads(line)
        except (ValueError, RecursionError) as error:  # RecursionError: nested too deeply
            raise UserError(f"{path}, row {row}: invalid JSON: {error}") from None
        texts: list[str] = []
        for column, template in templates:
            keys = [str(field) for field in template.fields]
            for key in keys:
                if not isinstance(values, dict) or not isinstance(values.get(key), str | int | float):
                    raise UserError(f"{path}, row {row}: key {key!r}{_of(column)} is missing or no text")
            texts.append(template.fill([json_text(values[key]) for key in keys]))
        yield _pair(texts, row)


def json_text(value: str | float) -> str:
    """A string, or a number, true or false as JSON writes it: labels are often numbers."""
    return value if isinstance(value, str) else json.dumps(value)


def _read_folder(path: Path, file: File) -> Iterator[Pair]:
    for text, label, name, row in labelled_texts(path, file.encoding):
        yield Pair(text, label, row, name)


def _read_parallel(path: Path, target_path: Path, encoding: str) -> Iterator[Pair]:
    sources, targets = (numbered_lines(one, encoding, keep_empty=True) for one in (path, target_path))
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
        yield Pair(source[1], target[1], source[0])


def _columns(file: File) -> list[int | str]:
    """The columns, or templates of them, of source, target and, if the file has one, split key."""
    return [file.source, file.target, *([] if file.split_key is None else [file.split_key])]


def _pair(texts: Sequence[str], row: int) -> Pair:
    source, target, *split_key = texts
    return Pair(source, target, row, split_key=split_key[0] if split_key else None)


def _has_header(file: File) -> bool:
    if file.header is None:
        return any(isinstance(field, str) for column in _columns(file) for field in parse_template(column).fields)
    return file.header


def _texts(path: Path, file: File, first: list[str]) -> Texts:
    """How texts are made of the columns, which are named by the first row if there is a header."""
    return tuple(_text(path, column, first) for column in _columns(file))


def _text(path: Path, column: int | str, first: list[str]) -> _Text:
    template = parse_template(column)
    return _Text(template, tuple(_column(path, field, first, _of(column)) for field in template.fields))


def _column(path: Path, field: int | str, first: list[str], origin: str) -> int:
    """Index of a column by its number or its name in the header."""
    if isinstance(field, int):
        if field < 0:
            raise UserError(f"{path}: column {field}: column numbers start at 0")
        return field
    if field not in first:
        raise UserError(f"{path}, row 1: no column {field!r}{origin}; columns: {', '.join(first)}")
    return first.index(field)


def _of(column: int | str) -> str:
    """The template that a field stands in, for messages."""
    return f" of the template {column!r}" if is_template(column) else ""


def _pick(path: Path, row: int, cells: list[str], texts: Texts) -> Pair:
    try:
        return _pair([text.text(cells) for text in texts], row)
    except IndexError:
        needed = 1 + max(column for text in texts for column in text.columns)
        raise UserError(f"{path}, row {row}: {len(cells)} columns, at least {needed} are needed") from None
