"""Opens plain files, gzip and xz files, and zip archives with one data file."""

import gzip
import lzma
import zipfile
import zlib
from pathlib import Path, PurePosixPath
from typing import IO

from seq2edge.device.errors import UserError

SUFFIXES = (".gz", ".xz", ".zip")
KINDS = {".gz": "gzip", ".xz": "xz", ".zip": "zip"}
# Exceptions raised while reading a damaged file.
DAMAGED = (EOFError, gzip.BadGzipFile, zlib.error, lzma.LZMAError, zipfile.BadZipFile)
ABOUT = ("about", "changelog", "copying", "licence", "license", "notice", "readme")  # names of files without data


def open_bytes(path: Path) -> IO[bytes]:
    """Open a file to read its decompressed bytes.

    Raises:
        UserError: If it is an encrypted archive, or an archive that does not have exactly one data file.
    """
    if path.suffix == ".gz":
        return gzip.open(path)  # type: ignore[return-value]
    if path.suffix == ".xz":
        return lzma.open(path)
    if path.suffix == ".zip":
        return _open_member(path)
    return path.open("rb")


def inner_name(path: Path) -> str:
    """Return the name of the file inside a compressed file. Its suffix tells the format."""
    if path.suffix == ".zip" and path.is_file():
        with _archive(path) as archive:
            return PurePosixPath(_data_file(path, archive)).name
    return path.stem if path.suffix in SUFFIXES else path.name


def without_compression(name: str) -> str:
    """Return a file name without the suffix of its compression."""
    return name.rpartition(".")[0] if name.endswith(SUFFIXES) else name


def damage(path: Path, error: Exception, row: int | None = None) -> UserError:
    """Return the error for a damaged file."""
    after = "" if row is None else f", after row {row}"
    return UserError(f"{path}{after}: damaged or truncated {KINDS.get(path.suffix, '')} file: {error}")


def _open_member(path: Path) -> IO[bytes]:
    with _archive(path) as archive:  # the file stays open until its member is closed
        name = _data_file(path, archive)
        try:
            return archive.open(name)
        except (RuntimeError, NotImplementedError) as error:  # encrypted, or compressed in a rare way
            raise UserError(f"{path}: cannot be read: {error}; unpack it") from None
        except (OSError, ValueError) as error:  # a place outside the file
            raise damage(path, error) from None


def _archive(path: Path) -> zipfile.ZipFile:
    try:
        return zipfile.ZipFile(path)
    except (zipfile.BadZipFile, NotImplementedError, ValueError) as error:
        raise damage(path, error) from None


def _data_file(path: Path, archive: zipfile.ZipFile) -> str:
    """Return the only file of an archive that is neither hidden nor a description such as a readme."""
    names = [info.filename for info in archive.infolist() if not info.is_dir()]
    found = [name for name in names if not _is_beside(PurePosixPath(name))]
    if len(found) != 1:
        listed = ", ".join(found[:5]) + (", …" if len(found) > 5 else "")
        raise UserError(
            f"{path} must contain one data file, got {len(found)}{': ' if found else ''}{listed}; unpack it"
        )
    return found[0]


def _is_beside(name: PurePosixPath) -> bool:
    return any(part.startswith((".", "_")) for part in name.parts) or name.stem.lower().startswith(ABOUT)
