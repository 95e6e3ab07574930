"""What a bundle is: the schema of bundle.json, and reading it with suspicion."""

import dataclasses
import hashlib
import json
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from seq2edge.device.errors import UserError

SCHEMA_VERSION = 1
FILE, MODEL = "bundle.json", "model.tflite"
LARGEST_JSON = 4 << 20  # bytes


@dataclass(frozen=True)
class State:
    """One state of the decoder."""

    name: str
    dtype: str
    shape: list[int]  # of a batch of 1
    changing: bool  # does a step change it


@dataclass(frozen=True)
class Unsure:
    """A line to say instead of a reply whose score is under `threshold`, by language."""

    threshold: float
    replies: dict[str, str]


@dataclass(frozen=True)
class Bundle:
    """A bundle on disk: everything a runner has to know beside the files themselves.

    Attributes:
        signatures: By name, `{"inputs": {name: {"shape", "dtype"}}, "outputs": {…}}`; -1 is a length that is open.
        batches: Rows of the decode steps there are.
        source_length: Pieces a source may have, eos counted; a longer one is split or cut.
        length_bucket: Sources are padded to a multiple of it.
        files: By name, `{"sha256", "bytes"}`.
        scores: What was measured of this file and of float32.
    """

    name: str
    task: str
    signatures: dict[str, Any]
    states: list[State]
    batches: list[int]
    vocabulary: dict[str, int]
    source_length: int
    target_length: int
    normalisation: str
    decoding: dict[str, Any]
    unsure: Unsure | None
    files: dict[str, dict[str, Any]]
    quantization: str
    operators: list[dict[str, Any]]
    verified_on: list[str]
    scores: dict[str, Any]
    licence: str
    created_with: str
    length_bucket: int = 8
    special_ids: dict[str, int] = field(default_factory=lambda: {"pad": 0, "unk": 1, "bos": 2, "eos": 3})
    schema_version: int = SCHEMA_VERSION
    path: Path = Path()

    def to_json(self) -> str:
        values = dataclasses.asdict(self)
        del values["path"]
        return json.dumps(values, ensure_ascii=False, indent=2) + "\n"

    @property
    def tokenizers(self) -> tuple[Path, Path]:
        """SentencePiece models of source and target; the same file when joint."""
        if "tokenizer.model" in self.files:
            return self.path / "tokenizer.model", self.path / "tokenizer.model"
        return self.path / "source.model", self.path / "target.model"


def read_bundle(path: Path) -> Bundle:
    """Read and check a bundle.

    Raises:
        UserError: If a file is missing, altered, outside the folder, or from a newer version.
    """
    manifest = path / FILE
    if not manifest.is_file():
        raise UserError(f"{path}: not a bundle, {FILE} is missing")
    values = _read_json(manifest)
    version = values.get("schema_version")
    if not isinstance(version, int) or version > SCHEMA_VERSION:
        raise UserError(
            f"{manifest}: schema version {version!r}, this seq2edge reads up to {SCHEMA_VERSION}; upgrade seq2edge"
        )
    bundle = _from_values(manifest, values, path)
    for name, expected in bundle.files.items():
        _check_file(path, name, expected)
    for needed in (MODEL, *(tokenizer.name for tokenizer in bundle.tokenizers)):
        if needed not in bundle.files:
            raise UserError(f"{manifest}: names no {needed}")
    return bundle


def _read_json(manifest: Path) -> dict[str, Any]:
    if manifest.stat().st_size > LARGEST_JSON:
        raise UserError(f"{manifest}: larger than {LARGEST_JSON:,} bytes, so not one of ours")
    try:
        values = json.loads(manifest.read_text(encoding="utf-8"))
    except (ValueError, RecursionError) as error:
        raise UserError(f"{manifest}: damaged: {error}") from None
    if not isinstance(values, dict):
        raise UserError(f"{manifest}: damaged: not an object")
    return values


def _from_values(manifest: Path, values: dict[str, Any], path: Path) -> Bundle:
    known = {f.name: f for f in dataclasses.fields(Bundle) if f.name != "path"}
    required = {
        name
        for name, f in known.items()
        if f.default is dataclasses.MISSING and f.default_factory is dataclasses.MISSING
    }
    if missing := sorted(required - values.keys()):
        raise UserError(f"{manifest}: damaged: {', '.join(missing)} missing")
    kinds: dict[str, type] = {
        "signatures": dict,
        "states": list,
        "batches": list,
        "vocabulary": dict,
        "files": dict,
        "decoding": dict,
    }
    kinds |= {"source_length": int, "target_length": int, "length_bucket": int, "normalisation": str}
    kinds |= {"name": str, "task": str, "quantization": str}
    for name, kind in kinds.items():
        if not isinstance(values.get(name, known[name].default), kind) and name in values:
            raise UserError(f"{manifest}: damaged: {name} is {values[name]!r}, expected {kind.__name__}")
    try:
        states = [State(**state) for state in values["states"]]
        unsure = Unsure(**values["unsure"]) if values["unsure"] else None
        files = {str(name): {"sha256": f["sha256"], "bytes": int(f["bytes"])} for name, f in values["files"].items()}
        numbers = [*values["batches"], values["source_length"], values["target_length"], values.get("length_bucket", 8)]
        if not all(isinstance(number, int) and 0 < number <= 1 << 20 for number in numbers) or not values["batches"]:
            raise ValueError("batches and lengths must be positive whole numbers")
        if values["normalisation"] not in ("NFC", "NFKC"):
            raise ValueError(f"normalisation is {values['normalisation']!r}, allowed are NFC and NFKC")
    except (TypeError, KeyError, ValueError, AttributeError) as error:
        raise UserError(f"{manifest}: damaged: {error}") from None
    chosen = {name: value for name, value in values.items() if name in known}
    return Bundle(**{**chosen, "states": states, "unsure": unsure, "files": files, "path": path})


def _check_file(folder: Path, name: str, expected: dict[str, Any]) -> None:
    if Path(name).name != name or name in ("", ".", ".."):
        raise UserError(f"{folder / FILE}: names the file {name!r}, which is not inside the bundle")
    path = folder / name
    if path.is_symlink() or not path.is_file():
        raise UserError(f"{path}: missing")
    if path.stat().st_size != expected["bytes"]:
        raise UserError(f"{path}: {path.stat().st_size:,} bytes, {FILE} says {expected['bytes']:,}; copy it again")
    with path.open("rb") as file:
        if hashlib.file_digest(file, "sha256").hexdigest() != expected["sha256"]:
            raise UserError(f"{path}: altered (its sha256 is not the one in {FILE}); copy it again")
