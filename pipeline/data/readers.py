"""Reads pairs from a table, from JSON, from two parallel files or from a folder of labelled texts.

Files may be compressed. Source and target are cells of a row or values of an object, or templates filled with them.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from seq2edge.device.errors import UserError
from seq2edge.pipeline.data.compressed import without_compression
from seq2edge.pipeline.data.labelled_folder import labelled_texts
from seq2edge.pipeline.data.lines import numbered_lines
from seq2edge.pipeline.data.records import RECORDS, Record, text_at
from seq2edge.pipeline.data.tables import TABLES
from seq2edge.pipeline.recipe_schema.data import COLUMN_FORMATS, File, Format
from seq2edge.pipeline.recipe_schema.template import Template, is_template, parse_template

FORMATS: dict[str, Format] = {  # by suffix
    ".tsv": "tsv",
    ".tab": "tsv",
    ".txt": "tsv",
    ".csv": "csv",
    ".jsonl": "jsonl",
    ".ndjson": "jsonl",
    ".json": "json",
    ".xlsx": "xlsx",
}


@dataclass(frozen=True)
class Pair:
    """A source text and its target text.

    Attributes:
        row: Row of the file, from 1.
        file: Name of the file in a folder; empty if the pair was not read from a folder.
        split_key: Text that decides the split; None: source, target or both decide it.
        origin: Index of its file in the recipe.
    """

    source: str
    target: str
    row: int = field(default=0, compare=False)
    file: str = field(default="", compare=False)
    split_key: str | None = field(default=None, compare=False)
    origin: int = field(default=0, compare=False)

    def place(self, path: str | Path) -> str:
        """Return where the pair was read in a file or folder, as "FILE, row N"."""
        return f"{path}{'/' if self.file else ''}{self.file}, row {self.row}"


@dataclass(frozen=True)
class _Text:
    """A template that makes a text of the cells of a row, and the columns of its fields."""

    template: Template
    columns: tuple[int, ...]

    def text(self, cells: Sequence[str]) -> str:
        return self.template.fill([cells[column] for column in self.columns])


Texts = tuple[_Text, ...]  # of source, target and, if the file has one, split key


def read_pairs(file: File, path: Path, target_path: Path | None = None) -> Iterator[Pair]:
    """Yield the pairs of one file, read row by row.

    Args:
        file: The file's entry in the recipe.
        path, target_path: Where it is on this machine. Only parallel files have a `target_path`.

    Raises:
        UserError: If a row cannot be read; the message names file and row.
    """
    kind = file_format(file)
    if (kind == "parallel") != (target_path is not None):
        raise UserError(
            f"{path}: format {kind!r} does not match target_path; format parallel needs one, other formats have none"
        )
    if target_path is not None:
        return _read_parallel(path, target_path, file)
    if kind in TABLES:
        return _read_table(path, file, kind)
    if kind in RECORDS:
        return _read_records(path, file, kind)
    if kind == "folder":
        return _read_folder(path, file)
    raise UserError(
        f"{path}: format must be one of {', '.join(COLUMN_FORMATS)}, parallel, folder, got {kind!r}, which is reserved "
        "for the bundled corpus"
    )


def file_format(file: File) -> Format:
    """Return the format of a file: the one in the recipe, or else the one that its name implies."""
    if file.format:
        return file.format
    if file.target_path:
        return "parallel"
    suffix = Path(without_compression(file.path)).suffix.lower()
    if suffix not in FORMATS:
        allowed = ", ".join(COLUMN_FORMATS)
        raise UserError(f"{file.path}: the name does not tell the format; set format to {allowed}, parallel or folder")
    return FORMATS[suffix]


def _read_table(path: Path, file: File, kind: Format) -> Iterator[Pair]:
    texts: Texts | None = None
    for row, cells in TABLES[kind](path, file):
        if texts is None:
            texts = _texts(path, file, cells)
            if has_header(file):
                continue
        yield _pick(path, row, cells, texts)


def _read_records(path: Path, file: File, kind: Format) -> Iterator[Pair]:
    templates = [(column, parse_template(column)) for column in _columns(file)]
    for row, record in RECORDS[kind](path, file):
        texts: list[str] = []
        for column, template in templates:
            values = [_value(path, row, record, field, column) for field in template.fields]
            texts.append(template.fill(values))
        yield _pair(texts, row)


def _value(path: Path, row: int, record: Record, field: int | str, column: int | str) -> str:
    text = text_at(record, field)
    if text is None:
        what = f"key {str(field)!r}" if isinstance(record, dict) else f"item {field}"
        raise UserError(f"{path}, row {row}: {what}{_of(column)} is missing or not text")
    return text


def _read_folder(path: Path, file: File) -> Iterator[Pair]:
    for text, label, name, row in labelled_texts(path, file.encoding):
        yield Pair(text, label, row, name)


def _read_parallel(path: Path, target_path: Path, file: File) -> Iterator[Pair]:
    sources, targets = (
        numbered_lines(one, file.encoding, keep_empty=True, line_end=file.line_end) for one in (path, target_path)
    )
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
    """Return the columns or templates of source, target and, if the file has one, split key."""
    return [file.source, file.target, *([] if file.split_key is None else [file.split_key])]


def _pair(texts: Sequence[str], row: int) -> Pair:
    source, target, *split_key = texts
    return Pair(source, target, row, split_key=split_key[0] if split_key else None)


def has_header(file: File) -> bool:
    """Return whether the first row of a table names its columns.

    The recipe says so, or implies it if it refers to a column by name.
    """
    if file.header is None:
        return any(isinstance(field, str) for column in _columns(file) for field in parse_template(column).fields)
    return file.header


def _texts(path: Path, file: File, first: list[str]) -> Texts:
    """Return how to make the texts of the columns. The first row names the columns if there is a header."""
    return tuple(_text(path, column, first) for column in _columns(file))


def _text(path: Path, column: int | str, first: list[str]) -> _Text:
    template = parse_template(column)
    return _Text(template, tuple(_column(path, field, first, _of(column)) for field in template.fields))


def _column(path: Path, field: int | str, first: list[str], origin: str) -> int:
    """Return the index of a column, given its number or its name in the header."""
    if isinstance(field, int):
        if field < 0:
            raise UserError(f"{path}: column {field}: column numbers start at 0")
        return field
    if field not in first:
        raise UserError(f"{path}, row 1: no column {field!r}{origin}; columns: {', '.join(first)}")
    return first.index(field)


def _of(column: int | str) -> str:
    """Return the template that a field belongs to, for messages."""
    return f" of the template {column!r}" if is_template(column) else ""


def _pick(path: Path, row: int, cells: list[str], texts: Texts) -> Pair:
    try:
        return _pair([text.text(cells) for text in texts], row)
    except IndexError:
        needed = 1 + max(column for text in texts for column in text.columns)
        raise UserError(f"{path}, row {row}: {len(cells)} columns, at least {needed} are needed") from None
