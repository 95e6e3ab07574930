"""Finds the files of a recipe on this machine, downloads them or builds them."""

import hashlib
import os
from dataclasses import dataclass
from pathlib import Path

from seq2edge.device.errors import UserError
from seq2edge.pipeline.data.compressed import open_bytes
from seq2edge.pipeline.data.download import download, shown
from seq2edge.pipeline.data.sources.registry import built_file
from seq2edge.pipeline.files import checksum
from seq2edge.pipeline.recipe_schema.data import Builder


@dataclass(frozen=True)
class Wanted:
    """A file that a recipe names.

    Attributes:
        name: Path of the file.
        url: Address to download it from; None: it is not downloaded.
        sha256: Checksum of the file. For a file that is built it is the checksum of the decompressed content, because
            gzip files with the same content differ.
        built_by: The source that builds it; None: it is not built.
        licence: Licence of the data, shown before a download.
    """

    name: str
    url: str | None = None
    sha256: str | None = None
    built_by: Builder | None = None
    licence: str = "not stated"


def locate(wanted: Wanted, recipe_folder: Path | None) -> Path:
    """Find a file of a recipe, or a folder of labelled texts.

    It is looked up in SEQ2EDGE_DATA, in the recipe's folder and in the working directory, then downloaded or built.

    Raises:
        UserError: If it is not found, is neither a file nor a folder, cannot be downloaded or built, or its checksum
            differs.
    """
    folders = [Path(os.environ["SEQ2EDGE_DATA"])] if os.environ.get("SEQ2EDGE_DATA") else []
    folders += [recipe_folder, Path()] if recipe_folder else [Path()]
    path = next((folder / wanted.name for folder in folders if (folder / wanted.name).exists()), None)
    if path is None and wanted.url is not None:
        return download(wanted.url, wanted.sha256, wanted.licence)
    if path is None and wanted.built_by is not None:
        path = built_file(wanted.built_by, Path(wanted.name).name, wanted.licence)
    if path is None:
        looked = ", ".join(str(folder.resolve()) for folder in folders)
        raise UserError(f"{shown(wanted.name)}: no such file; looked in {looked}")
    if not (path.is_file() or path.is_dir()):  # reading it might never end
        raise UserError(f"{path} must be a regular file, got a device or a pipe")
    if wanted.sha256:
        _check(path, wanted.sha256, of_content=wanted.built_by is not None)
    return path


def _check(path: Path, sha256: str, of_content: bool) -> None:
    found = content_checksum(path) if of_content else checksum(path)
    if found != sha256:
        of = " of its content" if of_content else ""
        raise UserError(f"{path}: sha256{of} is {found}, but the recipe says {sha256}")


def content_checksum(path: Path) -> str:
    """Return the SHA-256 of a file's content, decompressed if it is gzip."""
    with open_bytes(path) as file:
        return hashlib.file_digest(file, "sha256").hexdigest()  # type: ignore[arg-type]
