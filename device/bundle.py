"""What a bundle is: the schema of bundle.json, and reading it with suspicion."""

import dataclasses
import hashlib
import json
import re
import typing
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal, TypedDict

from seq2edge.device.errors import UserError
from seq2edge.device.json_types import described, fits
from seq2edge.device.search.options import DecodingOptions
from seq2edge.device.special_ids import SPECIAL_IDS
from seq2edge.device.text import tokenizer_paths

SCHEMA_VERSION = 2
FILE, MODEL = "bundle.json", "model.tflite"
CHECKSUM = "manifest_sha256"  # of all else in bundle.json: a wrong length or name would not show before a wrong answer
OPTIONAL = {"kept_float"}  # bundles of this version may lack it
LARGEST_JSON = 4 << 20  # bytes
Quantization = Literal["none", "float16", "int8"]
Runtime = Literal["litert", "tflite-2.14", "web"]


class File(TypedDict):
    """What a file of a bundle has to be."""

    sha256: str
    bytes: int


class Weight(TypedDict):
    """A weight before quantization: its smallest and largest value, and how many stand in equal steps between."""

    name: str
    shape: list[int]
    smallest: float
    largest: float
    histogram: list[int]


class Decoding(TypedDict):
    """How to search where nobody says otherwise, as of `DecodingOptions`."""

    beam: int
    length_penalty: float
    max_length: int


class Tensor(TypedDict):
    """An input or output; -1 is a length that is open."""

    shape: list[int]
    dtype: str


class Signature(TypedDict):
    """A function in the model file, its tensors by name."""

    inputs: dict[str, Tensor]
    outputs: dict[str, Tensor]


@dataclass(frozen=True)
class State:
    """One state of the decoder."""

    name: str
    dtype: str
    shape: list[int]  # of a batch of 1
    mutable: bool  # whether a step changes it


@dataclass(frozen=True)
class Fallback:
    """A line to say instead of a reply whose score is under `threshold`, by language."""

    threshold: float
    replies: dict[str, str]


@dataclass(frozen=True)
class Bundle:
    """A bundle on disk: everything a runner has to know beside the files themselves.

    Attributes:
        signatures: By name.
        beam_sizes: Rows of the decode steps there are.
        source_length: Tokens a source may have, eos counted; a longer one is split or cut.
        length_bucket: Sources are padded to a multiple of it.
        files: By name.
        scores: What was measured of this file and of float32.
        runtimes: For which the operators were checked; `verified_on` names what its answers were compared on.
        constants: Bytes of them in the model file, by type.
        weights: Of the model that was trained; `kept_float` names those that an int8 file has in float32.
    """

    name: str
    task: str
    signatures: dict[str, Signature]
    states: list[State]
    beam_sizes: list[int]
    vocabulary: dict[str, int]
    source_length: int
    target_length: int
    normalisation: str
    decoding: Decoding
    fallback: Fallback | None
    files: dict[str, File]
    quantization: str
    operators: list[dict[str, Any]]
    runtimes: list[str]
    constants: dict[str, int]
    weights: list[Weight]
    verified_on: list[str]
    scores: dict[str, Any]
    licence: str
    created_with: str
    length_bucket: int = 8
    kept_float: list[str] = field(default_factory=list)
    special_ids: dict[str, int] = field(default_factory=SPECIAL_IDS.copy)
    schema_version: int = SCHEMA_VERSION
    path: Path = Path()

    def to_json(self) -> str:
        values = dataclasses.asdict(self)
        del values["path"]
        return sealed(values)

    @property
    def fixed_lengths(self) -> list[int]:
        """Source lengths for which there are signatures of their own, all of whose shapes are known."""
        return _fixed_lengths(self.signatures)

    @property
    def tokenizers(self) -> tuple[Path, Path]:
        """SentencePiece models of source and target; the same file when joint."""
        return tokenizer_paths(self.path, self.files)


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
    if type(version) is not int or version != SCHEMA_VERSION:
        todo = "export the run again" if type(version) is int and version < SCHEMA_VERSION else "upgrade seq2edge"
        raise UserError(f"{manifest}: schema version {version!r}, this seq2edge reads {SCHEMA_VERSION}; {todo}")
    if values.pop(CHECKSUM, None) != _checksum(values):
        raise UserError(f"{manifest}: altered (what it says does not have the {CHECKSUM} in it); copy it again")
    bundle = _from_values(manifest, values, path)
    for name, expected in bundle.files.items():
        _check_file(path, name, expected)
    for needed in (MODEL, *(tokenizer.name for tokenizer in bundle.tokenizers)):
        if needed not in bundle.files:
            raise UserError(f"{manifest}: names no {needed}")
    return bundle


def sealed(values: dict[str, Any]) -> str:
    """bundle.json with its checksum."""
    return json.dumps({**values, CHECKSUM: _checksum(values)}, ensure_ascii=False, indent=2) + "\n"


def _checksum(values: dict[str, Any]) -> str:
    return hashlib.sha256(json.dumps(values, sort_keys=True).encode()).hexdigest()


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
    fields = {field.name: field for field in dataclasses.fields(Bundle) if field.name != "path"}
    hints = typing.get_type_hints(Bundle)
    if missing := sorted(fields.keys() - values.keys() - OPTIONAL):
        raise UserError(f"{manifest}: damaged: {', '.join(missing)} missing")
    for name in fields.keys() & values.keys():
        if not fits(values[name], hints[name]):
            raise UserError(
                f"{manifest}: damaged: {name} is {str(values[name])[:60]!r}, expected {described(hints[name])}"
            )
    if mistakes := list(_mistakes(values)):
        raise UserError(f"{manifest}: damaged: {'; '.join(mistakes)}")
    chosen = {name: value for name, value in values.items() if name in fields}
    states = [State(**state) for state in values["states"]]
    fallback = Fallback(**values["fallback"]) if values["fallback"] else None
    return Bundle(**{**chosen, "states": states, "fallback": fallback, "path": path})


def _mistakes(values: dict[str, Any]) -> Iterator[str]:
    """What is of the right type and cannot be all the same."""
    numbers = [*values["beam_sizes"], values["source_length"], values["target_length"], values["length_bucket"]]
    if not all(0 < number <= 1 << 20 for number in numbers) or not values["beam_sizes"]:
        yield "beam_sizes and lengths must be positive whole numbers"
    if values["normalisation"] not in ("NFC", "NFKC"):
        yield f"normalisation is {values['normalisation']!r}, allowed are NFC and NFKC"
    if values["quantization"] not in typing.get_args(Quantization):
        allowed = ", ".join(typing.get_args(Quantization))
        yield f"quantization is {values['quantization']!r}, allowed are {allowed}"
    if values["special_ids"] != SPECIAL_IDS:
        yield f"special_ids are {values['special_ids']}, expected {SPECIAL_IDS}"
    if not {"source", "target"} <= values["vocabulary"].keys():
        yield "vocabulary lacks source or target"
    decoding = values["decoding"]
    if decoding["max_length"] > values["target_length"]:
        yield f"decoding.max_length is {decoding['max_length']}, above the target_length, {values['target_length']}"
    if values["beam_sizes"] and decoding["beam"] > max(values["beam_sizes"]):
        yield f"decoding.beam is {decoding['beam']}, above the largest of the beam_sizes, {max(values['beam_sizes'])}"
    try:
        DecodingOptions(decoding["beam"], 1, decoding["max_length"], decoding["length_penalty"])
    except UserError as error:
        yield f"decoding: {error}"
    names = ["encode", "generate", *(f"decode_step_{batch}" for batch in values["beam_sizes"])]
    suffixes = ["", *(f"_s{length}" for length in _fixed_lengths(values["signatures"]))]
    needed = {name + suffix for name in names for suffix in suffixes}
    if missing := sorted(needed - values["signatures"].keys()):
        yield f"there is no signature {', '.join(missing)}"


def _fixed_lengths(signatures: Iterable[str]) -> list[int]:
    return sorted(int(found[1]) for name in signatures if (found := re.fullmatch(r"encode_s([1-9][0-9]{0,5})", name)))


def _check_file(folder: Path, name: str, expected: File) -> None:
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
