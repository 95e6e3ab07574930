"""The sources that can build files of a recipe."""

import hashlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from seq2edge.device.errors import UserError
from seq2edge.pipeline.data.download import cache_folder, download
from seq2edge.pipeline.data.sources import bible, tldr
from seq2edge.pipeline.data.sources.rows import FileRows, write_rows
from seq2edge.pipeline.files import whole_folder
from seq2edge.pipeline.recipe_schema.data import Builder


@dataclass(frozen=True)
class Source:
    """Public data that is not published as files of pairs.

    Attributes:
        archives: Addresses of .tar.gz files, each at a fixed commit.
        build: Given the paths of the archives, returns the rows of each file.
    """

    archives: tuple[str, ...]
    build: Callable[[Sequence[Path]], FileRows]


SOURCES: dict[Builder, Source] = {
    "bible": Source(bible.ARCHIVES, bible.build),
    "tldr": Source(tldr.ARCHIVES, tldr.build),
}


def built_file(name: Builder, file: str, licence: str) -> Path:
    """Return the path of a file that a source builds.

    On first use the source's archives are downloaded, and all its files are written to the cache.

    Args:
        name: Name of the source.
        file: Name of the file.
        licence: Licence of the data, shown before a download.

    Raises:
        UserError: If an archive cannot be downloaded or read, or the source does not build this file.
    """
    source = SOURCES[name]
    key = hashlib.sha256("\n".join(source.archives).encode()).hexdigest()[:16]
    folder = cache_folder() / f"{name}-{key}"
    if not folder.is_dir():
        rows = source.build([download(archive, licence=licence) for archive in source.archives])
        with whole_folder(folder) as new:
            write_rows(rows, new)
    if not (folder / file).is_file():
        made = ", ".join(sorted(path.name for path in folder.iterdir()))
        raise UserError(f"{file}: not made by built_by = {name!r}; it makes {made}")
    return folder / file
