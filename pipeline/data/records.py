"""Reads JSON objects or arrays: one per line (JSON Lines), or all of them in one array."""

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from seq2edge.device.errors import UserError
from seq2edge.pipeline.data.lines import numbered_lines, raw_lines
from seq2edge.pipeline.recipe_schema.data import File, Format

Record = dict[str, Any] | list[Any]
Records = Iterator[tuple[int, Record]]


def json_text(value: str | float) -> str:
    """Return a string as it is; a number, true or false as JSON writes it, because labels are often numbers."""
    return value if isinstance(value, str) else json.dumps(value)


def text_at(record: Record, field: int | str) -> str | None:
    """Return the text at a key of an object or an index of an array; None if it is missing or not text."""
    value = None
    if isinstance(record, dict):
        value = record.get(str(field))
    elif isinstance(field, int) and 0 <= field < len(record):
        value = record[field]
    return json_text(value) if isinstance(value, str | int | float) else None


def _read_jsonl(path: Path, file: File) -> Records:
    for row, line in numbered_lines(path, file.encoding, line_end=file.line_end):
        yield row, _record(path, row, _parsed(line, f"{path}, row {row}"))


def _read_json(path: Path, file: File) -> Records:
    values = _parsed("".join(raw_lines(path, file.encoding)), str(path))
    if isinstance(values, dict):  # {"version": 1, "data": [...]}
        lists = [value for value in values.values() if isinstance(value, list)]
        values = lists[0] if len(lists) == 1 else values
    if not isinstance(values, list):
        raise UserError(
            f"{path} must be a JSON array of objects or of pairs, alone or in an object; "
            'one object in a line is format = "jsonl"'
        )
    for row, value in enumerate(values, 1):
        yield row, _record(path, row, value)


def _parsed(text: str, place: str) -> Any:
    try:
        return json.loads(text)
    except (ValueError, RecursionError) as error:  # RecursionError: nested too deeply
        raise UserError(f"{place}: {'invalid JSON' if text.strip() else 'the file is empty'}: {error}") from None


def _record(path: Path, row: int, value: Any) -> Record:
    if not isinstance(value, dict | list):
        raise UserError(f"{path}, row {row}: neither a JSON object nor an array")
    return value


RECORDS: dict[Format, Callable[[Path, File], Records]] = {"jsonl": _read_jsonl, "json": _read_json}
