"""Files and folders that appear whole or not at all."""

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np

from seq2edge.device.errors import UserError


def write_text(path: Path, text: str) -> None:
    """Write a file beside its place, then move it there."""
    write_bytes(path, text.encode("utf-8"))


def write_bytes(path: Path, content: bytes) -> None:
    temporary = path.with_name(f"{path.name}.tmp")
    temporary.write_bytes(content)
    temporary.replace(path)


def write_arrays(path: Path, arrays: dict[str, np.ndarray]) -> None:
    """Write an .npz file beside its place, then move it there."""
    temporary = path.with_name(f"{path.name}.tmp")
    with temporary.open("wb") as file:
        np.savez(file, **arrays)  # type: ignore[arg-type]
    temporary.replace(path)


def refuse_existing(folder: Path, overwrite: bool, keep: str | None = None) -> None:
    """Refuse a folder in which something stands, unless it may be overwritten.

    Args:
        keep: A name in it that may stand there.
    """
    if folder.exists() and not folder.is_dir():
        raise UserError(f"{folder}: is a file, not a folder")
    standing = [entry.name for entry in folder.iterdir() if entry.name != keep] if folder.is_dir() else []
    if standing and not overwrite:
        raise UserError(f"{folder}: exists already; name another --output, or replace it with --overwrite")


@contextmanager
def whole_folder(folder: Path) -> Iterator[Path]:
    """A new folder to fill; it takes the place of `folder` only when the block ends well.

    A full folder cannot be renamed onto, so an old one is moved aside first; if that was as far as a former attempt
    came, the old one is put back before anything else.
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
    """Put back what a replacement that was killed between its two renames had moved aside."""
    old = folder.with_name(f".{folder.name}.old")
    if old.exists() and not folder.exists():
        old.rename(folder)
    shutil.rmtree(old, ignore_errors=True)
