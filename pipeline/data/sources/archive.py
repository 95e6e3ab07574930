"""Reads the files of a repository from its archive."""

import tarfile
import zlib
from collections.abc import Callable
from pathlib import Path, PurePosixPath

from seq2edge.device.errors import UserError

GITHUB = "https://codeload.github.com/{repository}/tar.gz/{commit}"


def address(repository: str, commit: str) -> str:
    """Where the archive of a repository on GitHub is, "owner/name" at a commit."""
    return GITHUB.format(repository=repository, commit=commit)


def read_texts(archive: Path, wanted: Callable[[str], bool]) -> dict[str, str]:
    """The text files of a .tar.gz by their paths, without the folder that holds them all.

    Args:
        wanted: Takes a path; whether to read the file.

    Raises:
        UserError: If it is no archive, or a file is not UTF-8.
    """
    texts = {}
    try:
        with tarfile.open(archive, "r:gz") as files:
            for member in files:
                path = str(PurePosixPath(*PurePosixPath(member.name).parts[1:]))
                content = files.extractfile(member) if member.isfile() and wanted(path) else None
                if content is not None:
                    texts[path] = content.read().decode("utf-8")
    except (tarfile.TarError, EOFError, OSError, zlib.error, UnicodeDecodeError) as error:
        raise UserError(f"{archive}: cannot be read: {error}; remove the file to download it again") from None
    return texts
