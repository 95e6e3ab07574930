"""Guesses how a file of pairs is to be read: its format, encoding and columns."""

import codecs
import csv
import gzip
import io
import json
from pathlib import Path

from seq2edge.device.errors import UserError
from seq2edge.pipeline.data.readers import FORMATS
from seq2edge.pipeline.recipe_schema.recipe import File
from seq2edge.pipeline.recipe_schema.template import is_template
from seq2edge.pipeline.suggest.languages import LANGUAGES

SOURCE_NAMES = ("source", "src", "question", "q", "input", "prompt", "utterance", "text", "en", "english")
TARGET_NAMES = ("target", "tgt", "answer", "a", "output", "reply", "response", "summary", "command", "translation")
ENCODINGS = ("utf-8", "utf-16", "cp949", "latin-1")  # in the order they are tried
UTF16_MARKS = (b"\xff\xfe", b"\xfe\xff")
HEAD = 1 << 16  # bytes that the guess is made from


def guess_file(path: Path, target_path: Path | None = None) -> File:
    """The entry of a recipe for a file of pairs, or for two parallel files.

    Raises:
        UserError: If the file is missing, empty or damaged, no text, or has fewer than two columns.
    """
    if not path.is_file():
        raise UserError(f"{path}: no such file")
    encoding, text = _read_head(path)
    if target_path:
        return File(path=str(path), target_path=str(target_path), format="parallel", encoding=encoding)
    first = next((line.rstrip("\r") for line in text.split("\n") if line.strip()), "")
    kind = _guess_format(path, first)
    names = _first_cells(path, kind, first)
    if len(names) < 2:
        raise UserError(
            f"{path}, row 1: {len(names)} column; a source and a target are needed, "
            "separated by a tab or a comma, or as two JSON keys"
        )
    source, target = _guess_columns(names, kind)
    return File(path=str(path), format=kind, encoding=encoding, source=source, target=target)  # type: ignore[arg-type]


def _read_head(path: Path) -> tuple[str, str]:
    """Encoding and first characters of a file."""
    try:
        with gzip.open(path) if path.suffix == ".gz" else path.open("rb") as file:
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


def _first_cells(path: Path, kind: str, first: str) -> list[str]:
    """The cells of the first row; for JSON Lines the keys that have a text, and no brace, which marks a template."""
    if kind == "csv":
        return next(csv.reader(io.StringIO(first)))
    if kind == "tsv":
        return first.split("\t")
    try:
        return [name for name, value in json.loads(first).items() if isinstance(value, str) and not is_template(name)]
    except (ValueError, AttributeError) as error:
        raise UserError(f"{path}, row 1: not a JSON object: {error}") from None


def _guess_columns(names: list[str], kind: str) -> tuple[int | str, int | str]:
    """Source and target: by the usual names, by two language codes, or the first two columns."""
    lower = [name.strip().lower() for name in names]
    source = next((names[lower.index(name)] for name in SOURCE_NAMES if name in lower), None)
    target = next((names[lower.index(name)] for name in TARGET_NAMES if name in lower), None)
    if source is not None and target is not None and source != target:
        return source, target
    languages = [name for name, low in zip(names, lower, strict=True) if low in LANGUAGES]
    if len(languages) == 2:
        return languages[0], languages[1]
    return (names[0], names[1]) if kind == "jsonl" else (0, 1)
