"""Guesses how to read a file of pairs or a folder of labelled texts: its format, encoding and columns.

The guess is based on the first rows, which are read by the same reader as the whole file.
"""

from dataclasses import dataclass
from itertools import islice
from pathlib import Path

from seq2edge.device.errors import UserError
from seq2edge.pipeline.data.compressed import DAMAGED, damage, inner_name, open_bytes
from seq2edge.pipeline.data.labelled_folder import label_files
from seq2edge.pipeline.data.readers import FORMATS
from seq2edge.pipeline.data.records import RECORDS, text_at
from seq2edge.pipeline.data.tables import TABLES, sheet_names
from seq2edge.pipeline.recipe_schema.data import File
from seq2edge.pipeline.recipe_schema.template import is_template
from seq2edge.pipeline.suggest.columns import Columns, Table, Wish, choose_columns
from seq2edge.pipeline.suggest.encodings import TextHead, read_head
from seq2edge.pipeline.suggest.formats import ROWS, guess_format
from seq2edge.pipeline.suggest.headers import Header, find_header

ENCODING_FILES = 200  # number of files from which the encoding of a folder is guessed
ZIP = b"PK\x03\x04"  # first bytes of a zip file, and of a workbook
OLD_WORKBOOK = b"\xd0\xcf\x11\xe0"
NO_WISH = Wish()


@dataclass(frozen=True)
class Guess:
    """The entry of a recipe for a file, and notes about what is uncertain, one line each."""

    file: File
    notes: tuple[str, ...] = ()


def guess_file(path: Path, target_path: Path | None = None, wish: Wish = NO_WISH) -> Guess:
    """Guess the entry of a recipe for a file of pairs, for two parallel files, or for a folder of labelled texts.

    Raises:
        UserError: If the file is missing, empty or damaged, is not text, or has fewer than two columns.
    """
    if path.is_dir():
        if target_path or wish.source or wish.target:
            option, value = ("source", wish.source) if wish.source else ("target", target_path or wish.target)
            raise UserError(f"--{option} {value}: not allowed with a folder; the names in {path} are the labels")
        return Guess(File(path=str(path), format="folder", encoding=_folder_encoding(path)))
    for one in filter(None, (path, target_path)):
        if not one.is_file():
            raise UserError(f"{one}: no such file")
    if target_path:
        return _guess_parallel(path, target_path)
    return _guess_columns(path, wish, *_guess_reading(path))


def _guess_parallel(path: Path, target_path: Path) -> Guess:
    heads = {one: read_head(one) for one in (path, target_path)}
    # ASCII is a subset of all encodings of files except UTF-16.
    telling = {one: head for one, head in heads.items() if not head.is_ascii} or heads
    for what in ("encoding", "line_end"):
        found = {getattr(head, what) for head in (telling if what == "encoding" else heads).values()}
        if len(found) > 1:
            each = ", ".join(f"{one} {getattr(head, what)}" for one, head in heads.items())
            raise UserError(f"{each}: parallel files need the same {what}; convert one of them")
    head = next(iter(telling.values()))
    file = File(
        path=str(path),
        target_path=str(target_path),
        format="parallel",
        encoding=head.encoding,
        line_end=head.line_end,
    )
    return Guess(file, _encoding_notes(head))


def _guess_reading(path: Path) -> tuple[File, tuple[str, ...]]:
    """Guess the entry without its columns."""
    try:
        with open_bytes(path) as content:
            start, name = content.read(len(ZIP)), inner_name(path)
    except DAMAGED as error:
        raise damage(path, error) from None
    if start == OLD_WORKBOOK:
        raise UserError(f"{path}: an old Excel workbook (.xls); save it as .xlsx or CSV")
    if start == ZIP or FORMATS.get(Path(name).suffix.lower()) == "xlsx":
        sheets = sheet_names(path)
        notes = (f"the first of the sheets {', '.join(sheets)} is read: choose another with sheet in the recipe",)
        sheet = sheets[0] if len(sheets) > 1 else None
        return File(path=str(path), format="xlsx", sheet=sheet), notes if sheet else ()
    head = read_head(path)
    text = head.text.replace("\r", "\n") if head.line_end == "cr" else head.text
    kind, delimiter = guess_format(name, text, head.is_cut)
    reading = File(path=str(path), format=kind, encoding=head.encoding, delimiter=delimiter, line_end=head.line_end)
    if delimiter == "\t" and not _is_whole_csv(path, reading):
        reading = reading.model_copy(update={"format": "tsv", "delimiter": None})
    return reading, _encoding_notes(head)


def _is_whole_csv(path: Path, reading: File) -> bool:
    """Return whether all rows are quoted as in CSV, like the first rows."""
    try:
        return all(cells for _, cells in TABLES["csv"](path, reading))
    except UserError:
        return False


def _guess_columns(path: Path, wish: Wish, file: File, notes: tuple[str, ...]) -> Guess:
    """Guess the columns of an entry."""
    if file.format in RECORDS:
        table, header = _first_records(path, file), Header.NO
    else:
        rows = [tuple(cells) for _, cells in islice(TABLES[file.format](path, file), ROWS)]  # type: ignore[index]
        header = find_header(rows) if rows else Header.NO
        table = _table(rows, header is not Header.NO)
    if len(table.names) < 2 and wish.target and not wish.source:
        raise UserError(f"--target {wish.target}: no such file, and {path} has one column")
    if len(table.names) < 2:
        raise UserError(
            f"{path}, row 1: {len(table.names)} column; a source and a target are needed, separated by a tab, a comma "
            "or a semicolon, or as two keys of JSON; a second file of targets: --target FILE"
        )
    columns = choose_columns(table, wish, str(path))
    if header is Header.LIKELY:
        cells = ", ".join(repr(str(name)) for name in table.names)
        notes += (f"row 1 ({cells}) was read as a header: if it is a pair, give columns by number in the recipe",)
    return Guess(_with_columns(file, table, columns, header is not Header.NO), (*notes, *columns.notes))


def _table(rows: list[tuple[str, ...]], has_header: bool) -> Table:
    """Make a table of the rows with as many cells as the first. The reader reports rows that are too short."""
    first = rows[0] if rows else ()
    alike = tuple(row for row in rows if len(row) == len(first))
    return Table(first if has_header else tuple(range(len(first))), has_header, alike[has_header:])


def _with_columns(file: File, table: Table, columns: Columns, has_header: bool) -> File:
    """Add the columns to an entry, by name, or by number if a name is empty or not unique."""
    chosen = [columns.source, columns.target]
    names = [table.names[index] for index in chosen]
    has_names = all(str(name).strip() and not is_template(name) and table.names.count(name) == 1 for name in names)
    source, target = names if has_names else chosen
    header = True if has_header and not has_names else None
    return file.model_copy(update={"source": source, "target": target, "header": header})


def _first_records(path: Path, file: File) -> Table:
    """Make a table of the values of the first objects or arrays that are texts or numbers.

    Keys of texts come before keys of numbers. Keys with a brace are left out, because braces mark a template. Keys that
    some objects lack are left out if at least two other keys remain.
    """
    records = [record for _, record in islice(RECORDS[file.format](path, file), ROWS)]  # type: ignore[index]
    first = records[0] if records else {}
    items = [(key, value) for key, value in (first.items() if isinstance(first, dict) else enumerate(first))]
    if isinstance(first, dict):
        items = [(key, value) for key, value in items if not is_template(key)]
        items.sort(key=lambda item: not isinstance(item[1], str))
        items = [(key, value) for key, value in items if isinstance(value, str | int | float)]
        if len(items) < 2:
            raise UserError(
                f"{path}, row 1: {len(items)} keys with texts; a source and a target are needed; "
                f"keys: {', '.join(map(str, first)) or 'none'}"
            )
    always = [item for item in items if all(text_at(record, item[0]) is not None for record in records)]
    names = tuple(key for key, _ in (always if len(always) > 1 else items))
    rows = tuple(tuple(text_at(record, name) or "" for name in names) for record in records)
    return Table(names, isinstance(first, dict), rows)


def _folder_encoding(folder: Path) -> str:
    """Return the first encoding of a file that is not UTF-8 or ASCII, else UTF-8."""
    found = (read_head(path).encoding for path in label_files(folder)[:ENCODING_FILES] if path.stat().st_size)
    return next((encoding for encoding in found if encoding != "utf-8"), "utf-8")


def _encoding_notes(head: TextHead) -> tuple[str, ...]:
    return () if head.is_sure else (f"the encoding may not be {head.encoding}: set encoding if letters are wrong",)
