"""Reads tables: TSV, CSV and spreadsheets."""

import csv
import io
import re
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Any

from seq2edge.device.errors import UserError, first_line
from seq2edge.pipeline.data.compressed import DAMAGED, damage, open_bytes
from seq2edge.pipeline.data.lines import numbered_lines, raw_lines
from seq2edge.pipeline.recipe_schema.data import File, Format

LONE_RETURN = re.compile(r"\r(?![\r\n]|\Z)")
RETURN_MARK = "\udc0d"  # replaces a lone carriage return; decoded text never contains it
DELIMITER_LINE = re.compile(r"sep=.\r?\n?")  # the line that Excel writes before the rows
Rows = Iterator[tuple[int, list[str]]]


def csv_rows(lines: Iterable[str], delimiter: str, strict: bool = True) -> Rows:
    """Yield the number of each row's last line, from 1, and its cells. Empty lines are skipped.

    Raises:
        csv.Error: If quotes are used wrongly.
    """
    # The csv module treats a lone carriage return as the end of a row.
    reader = csv.reader((LONE_RETURN.sub(RETURN_MARK, line) for line in lines), delimiter=delimiter, strict=strict)
    for marked in reader:
        if marked and not (reader.line_num == 1 and DELIMITER_LINE.fullmatch(delimiter.join(marked))):
            yield reader.line_num, [cell.replace(RETURN_MARK, "\r") for cell in marked]


def _read_tsv(path: Path, file: File) -> Rows:
    for row, line in numbered_lines(path, file.encoding, line_end=file.line_end):
        yield row, line.split("\t")


def _read_csv(path: Path, file: File) -> Rows:
    row = 0
    try:
        for row, cells in csv_rows(raw_lines(path, file.encoding, file.line_end), file.delimiter or ","):
            yield row, cells
    except csv.Error as error:
        raise UserError(f"{path}, row {row + 1}: invalid CSV: {error}") from None
    if row == 0:
        raise UserError(f"{path}: the file is empty")


def _read_xlsx(path: Path, file: File) -> Rows:
    workbook = _workbook(path)
    if file.sheet is not None and file.sheet not in workbook.sheetnames:
        raise UserError(f"{path}: no sheet {file.sheet!r}; sheets: {', '.join(workbook.sheetnames)}")
    sheet = workbook[workbook.sheetnames[0] if file.sheet is None else file.sheet]
    width, row = 0, 0
    for row, values in enumerate(_sheet_rows(path, sheet), 1):
        cells = ["" if value is None else str(value) for value in values]
        if any(cells):
            width = width or len(cells)
            yield row, cells + [""] * (width - len(cells))  # empty cells at the end of a row may be missing
    if width == 0:
        raise UserError(f"{path}: the sheet {sheet.title!r} is empty")


def _sheet_rows(path: Path, sheet: Any) -> Iterator[tuple[Any, ...]]:
    try:
        sheet.reset_dimensions()  # those in the file may be wrong
        yield from sheet.iter_rows(values_only=True)
    except Exception as error:  # as in `_workbook`: it is read row by row
        raise _no_workbook(path, error) from None


def sheet_names(path: Path) -> list[str]:
    """Return the names of a workbook's worksheets."""
    return list(_workbook(path).sheetnames)


def _workbook(path: Path) -> Any:
    try:
        import openpyxl
    except ModuleNotFoundError:
        raise UserError(f"{path}: a spreadsheet needs openpyxl; pip install 'seq2edge[spreadsheet]'") from None
    if not path.is_file():
        raise UserError(f"{path}: no such file")
    try:
        with open_bytes(path) as raw:
            content = raw.read()
    except DAMAGED as error:
        raise damage(path, error) from None
    try:
        return openpyxl.load_workbook(io.BytesIO(content), read_only=True, data_only=True)
    except Exception as error:  # zip, zlib, XML and openpyxl raise many types for a damaged file
        raise _no_workbook(path, error) from None


def _no_workbook(path: Path, error: Exception) -> UserError:
    return UserError(f"{path}: not an Excel workbook (.xlsx), or damaged: {first_line(error)[:200]}")


TABLES: dict[Format, Callable[[Path, File], Rows]] = {"tsv": _read_tsv, "csv": _read_csv, "xlsx": _read_xlsx}
