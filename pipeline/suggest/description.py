"""Describes a file for `init`: how it is read, what it contains, and what is uncertain."""

from collections.abc import Iterator

from seq2edge.device.special_ids import UNKNOWN
from seq2edge.device.tasks import TASKS
from seq2edge.pipeline.data.readers import file_format, has_header
from seq2edge.pipeline.data.tables import TABLES
from seq2edge.pipeline.recipe_schema.data import COLUMN_FORMATS
from seq2edge.pipeline.suggest.inspection import Inspection
from seq2edge.pipeline.suggest.labels import describe_labels

EXAMPLE_LENGTH = 60  # characters
DELIMITERS = {"\t": "tab", " ": "space"}


def describe(found: Inspection) -> str:
    """Return a few lines for the terminal."""
    return "\n".join(_lines(found))


def _lines(found: Inspection) -> Iterator[str]:
    counts = found.counts
    unit = "texts" if found.has_labels else "pairs"
    yield f"{found.path}: {_reading(found)}"
    yield (
        f"{counts.pairs:,} {unit}; {counts.duplicates:,} duplicates, {counts.empty:,} with an empty side, "
        f"{counts.repeated_sources:,} with a repeated source"
    )
    sides = {"text": found.source} if found.has_labels else {"source": found.source, "target": found.target}
    for name, side in sides.items():
        yield (
            f"{name}: {side.script} script; characters: median {side.median}, "
            f"99 % up to {side.percentile_99}, longest {side.longest}"
        )
    if found.has_labels:
        yield from describe_labels(counts.targets.counts)
    for pair in counts.examples:
        yield f"  {pair.source[:EXAMPLE_LENGTH]!r} → {pair.target[:EXAMPLE_LENGTH]!r}"
    for note in found.notes:
        yield f"unsure: {note}"
    yield f"task: {found.task}{_why(found)}"
    if counts.unanswered and TASKS[found.task].is_conversation:
        yield f"{counts.unanswered:,} messages without an answer ({UNKNOWN}); the recipe has a fallback for these"


def _reading(found: Inspection) -> str:
    """Describe the format, the encoding and the columns."""
    file, kind = found.file, file_format(found.file)
    parts = [str(kind)]
    if file.delimiter:
        parts.append(f"separated by {DELIMITERS.get(file.delimiter, file.delimiter)}")
    if file.sheet:
        parts.append(f"sheet {file.sheet!r}")
    if kind != "xlsx":
        parts.append(file.encoding)
    if file.line_end != "lf":
        parts.append("lines end with a carriage return")
    if kind in COLUMN_FORMATS:
        if kind in TABLES and has_header(file):
            parts.append("with a header")
        parts.append(f"columns {file.source!r} → {file.target!r}")
    return ", ".join(parts)


def _why(found: Inspection) -> str:
    """Say why the task was guessed, because the guess may be wrong."""
    if not found.is_guessed:
        return ""
    if found.has_labels:
        return " (the targets are few and short, so they are labels; choose another with --task)"
    return " (guessed; choose another with --task)"
