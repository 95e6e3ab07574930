"""A bundle: the folder with a manifest and the files that it names."""

import dataclasses
import hashlib
from dataclasses import dataclass
from pathlib import Path

from seq2edge.device.errors import UserError
from seq2edge.device.manifest import File, Manifest, manifest_from_json
from seq2edge.device.tokenizer_files import tokenizer_paths

FILE, MODEL = "bundle.json", "model.tflite"
MAX_MANIFEST_BYTES = 4 << 20


@dataclass(frozen=True)
class Bundle(Manifest):
    """A bundle on disk.

    Attributes:
        path: Its folder.
    """

    path: Path = Path()

    @classmethod
    def at(cls, path: Path, manifest: Manifest) -> "Bundle":
        """The bundle of a manifest and the folder that holds its files."""
        values = {entry.name: getattr(manifest, entry.name) for entry in dataclasses.fields(Manifest)}
        return cls(**values, path=path)

    @property
    def tokenizers(self) -> tuple[Path, Path]:
        """SentencePiece models of source and target; the same file if they share one."""
        return tokenizer_paths(self.path, self.files)


def read_bundle(path: Path) -> Bundle:
    """Read a bundle and check all its files.

    Raises:
        UserError: If a file is missing, altered or outside the folder, or the manifest is not valid.
    """
    file = path / FILE
    if not file.is_file():
        raise UserError(f"{path}: not a bundle, {FILE} is missing")
    if file.stat().st_size > MAX_MANIFEST_BYTES:
        raise UserError(f"{file}: larger than {MAX_MANIFEST_BYTES:,} bytes, so not a bundle's")
    try:
        manifest = manifest_from_json(file.read_bytes())
    except UserError as error:
        raise UserError(f"{file}: {error}") from None
    for name, expected in manifest.files.items():
        _check_file(path, name, expected)
    bundle = Bundle.at(path, manifest)
    for needed in (MODEL, *(tokenizer.name for tokenizer in bundle.tokenizers)):
        if needed not in bundle.files:
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
