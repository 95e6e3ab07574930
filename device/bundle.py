"""Bundles: folders with a manifest and the files that it lists."""

import dataclasses
import hashlib
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Generic, TypeVar

from seq2edge.device.errors import UserError
from seq2edge.device.manifests import caps
from seq2edge.device.manifests.common import File, Manifest
from seq2edge.device.manifests.read import manifest_from_json
from seq2edge.device.shipped_bundle import SHIPPED
from seq2edge.device.tokenizer_files import tokenizer_paths

FILE, MODEL = "bundle.json", "model.tflite"

AnyManifest = TypeVar("AnyManifest", bound=Manifest, covariant=True)


@dataclass(frozen=True)
class Bundle(Generic[AnyManifest]):
    """A bundle on disk.

    Attributes:
        path: Folder of the bundle.
        manifest: Content of bundle.json.
        digest: SHA-256 of bundle.json, which lists the SHA-256 of all other files that are read; empty until it is
            written.
    """

    path: Path
    manifest: AnyManifest
    digest: str = ""

    def with_manifest(self, **values: Any) -> "Bundle[AnyManifest]":
        """Return a copy of the bundle with some fields of its manifest replaced."""
        return dataclasses.replace(self, manifest=dataclasses.replace(self.manifest, **values))

    @property
    def tokenizers(self) -> tuple[Path, ...]:
        """Paths of the SentencePiece models of the text sides; the same path twice if source and target share one."""
        return tokenizer_paths(self.path, self.manifest.files)[: len(self.manifest.TEXT_SIDES)]


def read_bundle(
    path: Path,
    kind: type[AnyManifest] = Manifest,  # type: ignore[assignment]
    sha256: str | None = None,
) -> Bundle[AnyManifest]:
    """Read a bundle and check all its files.

    Args:
        path: Folder of the bundle.
        kind: Expected class of the manifest; `Manifest` accepts a bundle of any family.
        sha256: Expected digest of the bundle; None: any.

    Raises:
        UserError: If the digest differs, a file is missing, altered or outside the folder, the manifest is not valid,
            or the bundle belongs to another family.
    """
    try:
        return _read(path, kind, sha256)
    except UserError as error:
        if path == SHIPPED and sha256 is None:
            raise UserError(f"{error}; reinstall seq2edge, which this bundle is part of") from None
        raise


def _read(path: Path, kind: type[AnyManifest], sha256: str | None) -> Bundle[AnyManifest]:
    file = path / FILE
    if not file.is_file():
        raise UserError(f"{path}: not a bundle, {FILE} is missing")
    content = read_small(file, caps.MANIFEST_BYTES)
    digest = hashlib.sha256(content).hexdigest()
    _check_digest(path, digest, sha256)
    try:
        manifest = manifest_from_json(content)
    except UserError as error:
        raise UserError(f"{file}: {error}") from None
    if not isinstance(manifest, kind):
        raise UserError(f"{file}: a model for {manifest.task} cannot do this")
    for name, expected in manifest.files.items():
        _check_file(path, name, expected)
    bundle = Bundle(path, manifest, digest)
    for needed in (MODEL, *(tokenizer.name for tokenizer in bundle.tokenizers)):
        if needed not in manifest.files:
            raise UserError(f"{file}: does not list {needed}")
    return bundle


def _check_file(folder: Path, name: str, expected: File) -> None:
    if Path(name).name != name or name in ("", ".", ".."):
        raise UserError(f"{folder / FILE}: names the file {name!r}, which is not inside the bundle")
    if len(name.encode("utf-8", "replace")) > caps.FILE_NAME:
        raise UserError(f"{folder / FILE}: names of files must have at most {caps.FILE_NAME} bytes, got {name[:60]!r}…")
    path = folder / name
    _refuse_special(path)
    if path.stat().st_size != expected["bytes"]:
        raise UserError(f"{path}: {path.stat().st_size:,} bytes, {FILE} says {expected['bytes']:,}; copy it again")
    with path.open("rb") as content:
        if hashlib.file_digest(content, "sha256").hexdigest() != expected["sha256"]:
            raise UserError(f"{path}: altered (its sha256 is not the one in {FILE}); copy it again")


def read_small(path: Path, most: int) -> bytes:
    """Read a file of at most `most` bytes.

    Raises:
        UserError: If the file is larger, missing, a symbolic link or a device.
    """
    _refuse_special(path)
    with path.open("rb") as file:
        content = file.read(most + 1)
    if len(content) > most:
        raise UserError(f"{path}: larger than {most:,} bytes, the limit for this file")
    return content


def _refuse_special(path: Path) -> None:
    """Refuse everything but regular files: a link may point outside the folder, a pipe or device may never end."""
    if path.is_symlink():
        raise UserError(f"{path} must be a regular file, got a symbolic link")
    if not path.is_file():
        raise UserError(f"{path}: {'not a regular file' if path.exists() else 'missing'}")


def _check_digest(path: Path, digest: str, sha256: str | None) -> None:
    if sha256 is None:
        return
    if not re.fullmatch("[0-9a-fA-F]{64}", sha256):
        raise UserError(f"sha256 must be 64 hexadecimal digits, as seq2edge info prints them, got {sha256[:80]!r}")
    if sha256.lower() != digest:
        raise UserError(f"{path}: not the expected bundle; the sha256 of its {FILE} is {digest}, not {sha256}")
