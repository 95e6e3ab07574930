"""Reads a folder of labelled texts: LABEL/NAME.txt is one text with this label, LABEL.txt has one text per line."""

import hashlib
from collections.abc import Iterator
from pathlib import Path

from seq2edge.device.errors import UserError
from seq2edge.pipeline.data.lines import numbered_lines, raw_lines
from seq2edge.pipeline.files import checksum

SUFFIX = ".txt"


def label_files(folder: Path) -> list[Path]:
    """Return the files of a folder that contain texts, sorted by name, without hidden files.

    Raises:
        UserError: If the folder does not exist or has no texts.
    """
    if not folder.is_dir():
        raise UserError(f"{folder}: no such folder")
    found = [
        path
        for pattern in (f"*{SUFFIX}", f"*/*{SUFFIX}")
        for path in folder.glob(pattern)
        if path.is_file() and not any(part.startswith(".") for part in path.relative_to(folder).parts)
    ]
    if not found:
        raise UserError(
            f"{folder}: no labelled texts; expected LABEL/NAME{SUFFIX} with one text per file, or LABEL{SUFFIX} with "
            "one text per line"
        )
    return sorted(found, key=lambda path: path.relative_to(folder).as_posix())


def labelled_texts(folder: Path, encoding: str) -> Iterator[tuple[str, str, str, int]]:
    """Yield each text with its label, the name of its file in the folder, and its row in the file, from 1.

    Raises:
        UserError: If the folder does not exist or has no texts, or if a file cannot be read.
    """
    for path in label_files(folder):
        name = path.relative_to(folder).as_posix()
        if path.parent == folder:
            for row, line in numbered_lines(path, encoding):
                yield line, path.stem, name, row
        else:
            yield "".join(raw_lines(path, encoding)).removesuffix("\n"), path.parent.name, name, 1


def folder_checksum(folder: Path) -> str:
    """Return the SHA-256 of the names and contents of the files with texts, in hexadecimal."""
    found = hashlib.sha256()
    for path in label_files(folder):
        found.update(f"{path.relative_to(folder).as_posix()}\n{checksum(path)}\n".encode("utf-8", "surrogateescape"))
    return found.hexdigest()
