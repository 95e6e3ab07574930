"""Atomic writes: files and folders that are complete or absent."""

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np

from seq2edge.device.errors import UserError


def write_text(path: Path, text: str) -> None:
    """Write a file under a temporary name, then rename it."""
    write_bytes(path, text.encode("utf-8"))


def write_bytes(path: Path, content: bytes) -> None:
    """Write a file under a temporary name, then rename it."""
    temporary = path.with_name(f"{path.name}.tmp")
    temporary.write_bytes(content)
    temporary.replace(path)


def write_arrays(path: Path, arrays: dict[str, np.ndarray]) -> None:
    """Write an .npz file under a temporary name, then rename it."""
    temporary = path.with_name(f"{path.name}.tmp")
    with temporary.open("wb") as file:
        np.savez(file, **arrays)  # type: ignore[arg-type]
    temporary.replace(path)


def refuse_existing(folder: Path, overwrite: bool, keep: str | None = None) -> None:
    """Refuse a folder that is not empty.

    Args:
        overwrite: Whether it may be replaced.
        keep: An entry that does not count.

    Raises:
        UserError: If it is not empty and may not be replaced, or is a file.
    """
    if folder.exists() and not folder.is_dir():
        raise UserError(f"{folder}: a file, not a folder")
    entries = [entry.name for entry in folder.iterdir() if entry.name != keep] if folder.is_dir() else []
    if entries and not overwrite:
        raise UserError(f"{folder}: already exists; choose another --output, or overwrite it with --overwrite")


@contextmanager
def whole_folder(folder: Path) -> Iterator[Path]:
    """A temporary folder to fill, which replaces `folder` if the block succeeds.

    A folder cannot be renamed onto one that is not empty, so the old one is moved aside first. If the process is killed
    between the two renames, the next call restores the old one.
    """
    recover(folder)
    new, old = folder.with_name(f".{folder.name}.new"), folder.with_name(f".{folder.name}.old")
    shutil.rmtree(new, ignore_errors=True)
    new.mkdir(parents=True)
    try:
        yield new
    except BaseException:
        shutil.rmtree(new, ignore_errors=True)
        raise
    if folder.exists():
        folder.rename(old)
    new.rename(folder)
    shutil.rmtree(old, ignore_errors=True)


def recover(folder: Path) -> None:
    """Restore the folder that an interrupted replacement moved aside."""
    old = folder.with_name(f".{folder.name}.old")
    if old.exists() and not folder.exists():
        old.rename(folder)
    shutil.rmtree(old, ignore_errors=True)
