"""The rows that sources return, and a function that writes them."""

import gzip
from collections.abc import Mapping, Sequence
from pathlib import Path

FileRows = Mapping[str, Sequence[tuple[str, ...]]]  # the rows of each file, by its name


def write_rows(rows: FileRows, folder: Path) -> None:
    """Write each file as gzipped tab-separated values."""
    for name, own in rows.items():
        with gzip.open(folder / name, "wt", encoding="utf-8", newline="\n") as file:
            file.writelines("\t".join(row) + "\n" for row in own)
