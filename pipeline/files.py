"""Names of the files in a run, checksums, and atomic writes: files and folders that are complete or absent."""

import csv
import hashlib
import os
import shutil
import zipfile
import zlib
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np

from seq2edge.device.errors import UserError, first_line

# Files of a run, which `seq2edge.pipeline.run` describes.
RECIPE_FILE, MODEL_FILE, DATA_FOLDER = "recipe.toml", "model.keras", "data"
CHECKPOINT_FILE, HISTORY_FILE = "checkpoint.npz", "history.csv"

# Exceptions that Keras, h5py and numpy raise while reading a damaged file of weights or arrays.
UNREADABLE = (zipfile.BadZipFile, zlib.error, EOFError, OSError, ValueError, LookupError)


def checksum(path: Path) -> str:
    """Return the SHA-256 of a file in hexadecimal."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


@contextmanager
def whole_file(path: Path, suffix: str = ".tmp") -> Iterator[Path]:
    """Yield a path beside `path`, with a suffix, to write to. The file is moved to `path` if the block succeeds."""
    temporary = path.with_name(path.name + suffix)
    try:
        yield temporary
        temporary.replace(path)
    except OSError as error:  # the messages of h5py and zipfile do not name the file, and some give no reason
        temporary.unlink(missing_ok=True)
        if error.filename is not None:
            raise
        if error.errno:
            raise OSError(error.errno, os.strerror(error.errno), str(path)) from error
        raise UserError(f"{path}: cannot be written: {first_line(error, 'no reason given')[:300]}") from None
    except BaseException:
        temporary.unlink(missing_ok=True)
        raise


def write_text(path: Path, text: str) -> None:
    """Write a file under a temporary name, then rename it."""
    write_bytes(path, text.encode("utf-8"))


def write_bytes(path: Path, content: bytes) -> None:
    """Write a file under a temporary name, then rename it."""
    with whole_file(path) as temporary:
        temporary.write_bytes(content)


def write_arrays(path: Path, arrays: dict[str, np.ndarray]) -> None:
    """Write an .npz file under a temporary name, then rename it."""
    with whole_file(path) as temporary, temporary.open("wb") as file:
        np.savez(file, **arrays)  # type: ignore[arg-type]


def write_csv(path: Path, rows: list[dict[str, Any]]) -> None:
    """Write a .csv file under a temporary name, then rename it. The keys of the first row are the header."""
    with whole_file(path) as temporary, temporary.open("w", newline="", encoding="utf-8") as file:
        writer = csv.DictWriter(file, fieldnames=list(rows[0]))
        writer.writeheader()
        writer.writerows(rows)


def real_folder(folder: Path) -> Path:
    """Return the folder that a symbolic link leads to; any other folder as it is."""
    return folder.resolve() if folder.is_symlink() else folder


def check_output(folder: Path) -> None:
    """Refuse a folder that cannot be written as a whole: a file, or the working directory.

    Raises:
        UserError: If it is one of these.
    """
    if folder.exists() and not folder.is_dir():
        raise UserError(f"{folder}: a file, not a folder")
    if Path.cwd().is_relative_to(folder.resolve()):
        raise UserError(f"{folder}: the working directory; choose another --output")


def refuse_existing(folder: Path, overwrite: bool, marker: str, keep: Sequence[str] = ()) -> None:
    """Refuse a folder that is not empty.

    Args:
        overwrite: Whether it may be replaced if it has a file `marker`. Any other folder is never replaced.
        marker: Name of a file that all folders of this kind have.
        keep: Entries that do not count.

    Raises:
        UserError: If the folder is not empty and may not be replaced, or as for `check_output`.
    """
    check_output(folder)
    if not folder.is_dir() or all(entry.name in keep for entry in folder.iterdir()):
        return
    if not overwrite:
        raise UserError(f"{folder}: already exists; choose another --output, or overwrite it with --overwrite")
    if not (folder / marker).is_file():
        raise UserError(f"{folder}: has other files and no {marker}, so it is not overwritten; choose another --output")


@contextmanager
def whole_folder(folder: Path) -> Iterator[Path]:
    """Yield a temporary folder to fill. It replaces `folder` if the block succeeds.

    A folder cannot be renamed onto one that is not empty, so the old one is moved aside first. If the process is killed
    between the two renames, the next call restores the old one. If `folder` is a symbolic link, the folder that it
    leads to is replaced.
    """
    folder = real_folder(folder)
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
    folder = real_folder(folder)
    old = folder.with_name(f".{folder.name}.old")
    if old.exists() and not folder.exists():
        old.rename(folder)
    shutil.rmtree(old, ignore_errors=True)
