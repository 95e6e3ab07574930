"""Guesses how a file of pairs, or a folder of labelled texts, is to be read: its format, encoding and columns."""

import codecs
import csv
import gzip
import io
import json
from pathlib import Path
from typing import Any

from seq2edge.device.errors import UserError
from seq2edge.pipeline.data.labelled_folder import label_files
from seq2edge.pipeline.data.lines import open_bytes
from seq2edge.pipeline.data.readers import FORMATS
from seq2edge.pipeline.recipe_schema.data import File
from seq2edge.pipeline.recipe_schema.template import is_template
from seq2edge.pipeline.suggest.columns import guess_columns

ENCODINGS = ("utf-8", "utf-16", "cp949", "latin-1")  # in the order they are tried
UTF16_MARKS = (b"\xff\xfe", b"\xfe\xff")
HEAD = 1 << 16  # bytes that the guess is made from
ENCODING_FILES = 200  # of a folder, that the guess of its encoding is made from


def guess_file(path: Path, target_path: Path | None = None, are_labels: bool | None = None) -> File:
    """The entry of a recipe for a file of pairs, for two parallel files, or for a folder of labelled texts.

    Args:
        are_labels: Whether the targets are labels; None: not known.

    Raises:
        UserError: If the file is missing, empty or damaged, no text, or has fewer than two columns.
    """
    if path.is_dir():
        if target_path:
            raise UserError(f"--target {target_path}: not with a folder, {path}, whose names are the labels")
        return File(path=str(path), format="folder", encoding=_folder_encoding(path))
    if not path.is_file():
        raise UserError(f"{path}: no such file")
    encoding, text = _read_head(path)
    if target_path:
        return File(path=str(path), target_path=str(target_path), format="parallel", encoding=encoding)
    first = next((line.rstrip("\r") for line in text.split("\n") if line.strip()), "")
    kind = _guess_format(path, first)
    names, rows = _first_rows(path, kind, text)
    if len(names) < 2:
        raise UserError(
            f"{path}, row 1: {len(names)} column; a source and a target are needed, "
            "separated by a tab or a comma, or as two JSON keys"
        )
    source, target = guess_columns(names, rows, kind == "jsonl", are_labels)
    return File(path=str(path), format=kind, encoding=encoding, source=source, target=target)  # type: ignore[arg-type]


def _folder_encoding(folder: Path) -> str:
    """The first encoding of a file that is not UTF-8, of which ASCII is a part."""
    found = (_read_head(path)[0] for path in label_files(folder)[:ENCODING_FILES] if path.stat().st_size)
    return next((encoding for encoding in found if encoding != ENCODINGS[0]), ENCODINGS[0])


def _read_head(path: Path) -> tuple[str, str]:
    """Encoding and first characters of a file."""
    try:
        with open_bytes(path) as file:
            head = file.read(HEAD)
    except (EOFError, gzip.BadGzipFile) as error:
        raise UserError(f"{path}: damaged or truncated gzip file: {error}") from None
    if not head.strip():
        raise UserError(f"{path}: the file is empty")
    has_mark = head.startswith(UTF16_MARKS)
    if b"\x00" in head and not has_mark:
        raise UserError(f"{path}: not a text file")
    for encoding in ENCODINGS:
        if (encoding == "utf-16") != has_mark:
            continue
        try:
            decoder = codecs.getincrementaldecoder(encoding)()  # the head may end inside a character
            return encoding, decoder.decode(head, final=len(head) < HEAD).lstrip("\ufeff")
        except UnicodeDecodeError:
            continue
    raise UserError(f"{path}: unknown encoding; tried {', '.join(ENCODINGS)}")


def _guess_format(path: Path, first: str) -> str:
    """ "tsv", "csv" or "jsonl", by the suffix of the name unless the first row contradicts it."""
    suffix = Path(path.name.removesuffix(".gz")).suffix.lower()
    kind = FORMATS.get(suffix, "tsv")
    if kind == "jsonl" or (suffix not in FORMATS and first.lstrip().startswith("{")):
        return "jsonl"
    if kind != "csv" and "\t" not in first and "," in first:
        return "csv"
    if kind == "csv" and "\t" in first and "," not in first:
        return "tsv"
    return kind


def _first_rows(path: Path, kind: str, text: str) -> tuple[list[str], list[list[str]]]:
    """The cells of the first row, or for JSON Lines its keys that are not lists or tables; and the first rows.

    Rows of another number of cells are left out, and so is the last row, which the head of the file may cut.

    Keys of texts come before those of numbers, and none has a brace, which marks a template.
    """
    if kind == "csv":
        rows = [row for row in csv.reader(io.StringIO(text)) if row]
    elif kind == "tsv":
        rows = [line.rstrip("\r").split("\t") for line in text.split("\n") if line.strip()]
    else:
        return _first_values(path, [line for line in text.split("\n") if line.strip()])
    return rows[0], [row for row in rows[:-1] if len(row) == len(rows[0])]


def _first_values(path: Path, lines: list[str]) -> tuple[list[str], list[list[str]]]:
    """The same of JSON Lines."""
    try:
        first = {name: value for name, value in json.loads(lines[0]).items() if not is_template(name)}
        names = [name for name, value in first.items() if isinstance(value, str)]
        names += [name for name, value in first.items() if isinstance(value, int | float)]
    except (ValueError, AttributeError) as error:
        raise UserError(f"{path}, row 1: not a JSON object: {error}") from None
    rows = [[str(values.get(name, "")) for name in names] for line in lines[1:-1] if (values := _object(line))]
    return names, [[str(first[name]) for name in names], *rows]


def _object(line: str) -> dict[str, Any]:
    """A JSON object; an empty one if the line is none, which its reader reports."""
    try:
        found = json.loads(line)
    except (ValueError, RecursionError):
        return {}
    return found if isinstance(found, dict) else {}
