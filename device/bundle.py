"""A bundle: the folder with a manifest and the files that it names."""

import dataclasses
import hashlib
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Generic, TypeVar

from seq2edge.device.errors import UserError
from seq2edge.device.manifests.common import File, Manifest
from seq2edge.device.manifests.read import manifest_from_json
from seq2edge.device.shipped_bundle import SHIPPED
from seq2edge.device.tokenizer_files import tokenizer_paths

FILE, MODEL = "bundle.json", "model.tflite"
MAX_MANIFEST_BYTES = 4 << 20

AnyManifest = TypeVar("AnyManifest", bound=Manifest, covariant=True)


@dataclass(frozen=True)
class Bundle(Generic[AnyManifest]):
    """A bundle on disk.

    Attributes:
        path: Its folder.
        manifest: What bundle.json says, or will say.
    """

    path: Path
    manifest: AnyManifest

    def with_manifest(self, **values: Any) -> "Bundle[AnyManifest]":
        """The bundle with other values of some fields of its manifest."""
        return dataclasses.replace(self, manifest=dataclasses.replace(self.manifest, **values))

    @property
    def tokenizers(self) -> tuple[Path, ...]:
        """SentencePiece models of the sides that are text; the same file twice if source and target share one."""
        return tokenizer_paths(self.path, self.manifest.files)[: len(self.manifest.TEXT_SIDES)]


def read_bundle(
    path: Path,
    kind: type[AnyManifest] = Manifest,  # type: ignore[assignment]
) -> Bundle[AnyManifest]:
    """Read a bundle and check all its files.

    Args:
        kind: Class of the manifest that is needed; `Manifest` itself for a bundle of any family.

    Raises:
        UserError: If a file is missing, altered or outside the folder, the manifest is not valid, or the bundle is of
            another family.
    """
    try:
        return _read(path, kind)
    except UserError as error:
        if path == SHIPPED:
            raise UserError(f"{error}; reinstall seq2edge, which this bundle is part of") from None
        raise


def _read(path: Path, kind: type[AnyManifest]) -> Bundle[AnyManifest]:
    file = path / FILE
    if not file.is_file():
        raise UserError(f"{path}: not a bundle, {FILE} is missing")
    if file.stat().st_size > MAX_MANIFEST_BYTES:
        raise UserError(f"{file}: larger than {MAX_MANIFEST_BYTES:,} bytes, so not a bundle's")
    try:
        manifest = manifest_from_json(file.read_bytes())
    except UserError as error:
        raise UserError(f"{file}: {error}") from None
    if not isinstance(manifest, kind):
        raise UserError(f"{file}: a model for {manifest.task} cannot do this")
    for name, expected in manifest.files.items():
        _check_file(path, name, expected)
    bundle = Bundle(path, manifest)
    for needed in (MODEL, *(tokenizer.name for tokenizer in bundle.tokenizers)):
        if needed not in manifest.files:
            raise UserError(f"{file}: names no {needed}")
    return bundle


def _check_file(folder: Path, name: str, expected: File) -> None:
    if Path(name).name != name or name in ("", ".", ".."):
        raise UserError(f"{folder / FILE}: names the file {name!r}, which is not inside the bundle")
    path = folder / name
    if path.is_symlink() or not path.is_file():
        raise UserError(f"{path}: missing")
    if path.stat().st_size != expected["bytes"]:
        raise UserError(f"{path}: {path.stat().st_size:,} bytes, {FILE} says {expected['bytes']:,}; copy it again")
    with path.open("rb") as content:
        if hashlib.file_digest(content, "sha256").hexdigest() != expected["sha256"]:
            raise UserError(f"{path}: altered (its sha256 is not the one in {FILE}); copy it again")
