"""Reads the text files of a repository from its archive."""

import tarfile
import zlib
from collections.abc import Callable
from pathlib import Path, PurePosixPath

from seq2edge.device.errors import UserError

GITHUB = "https://codeload.github.com/{repository}/tar.gz/{commit}"


def address(repository: str, commit: str) -> str:
    """Return the address of the archive of a GitHub repository, "owner/name", at a commit."""
    return GITHUB.format(repository=repository, commit=commit)


def read_texts(archive: Path, wanted: Callable[[str], bool]) -> dict[str, str]:
    """Return the text files of a .tar.gz by path, without the top folder.

    Args:
        wanted: Given a path, returns whether to read the file.

    Raises:
        UserError: If the file is not an archive, or one of its files is not UTF-8.
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
