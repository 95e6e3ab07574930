"""The manifest of a bundle: the content of bundle.json, and the checks of it."""

import dataclasses
import hashlib
import json
import re
import typing
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal, TypedDict

from seq2edge.device.errors import UserError
from seq2edge.device.json_types import describe, fits
from seq2edge.device.search.options import DecodingOptions
from seq2edge.device.special_ids import SPECIAL_IDS
from seq2edge.device.tasks import TASKS

SCHEMA_VERSION = 3
# Checksum of everything else in bundle.json: a wrong length or name in it would only show as a wrong answer.
CHECKSUM = "manifest_sha256"
OPTIONAL = {"kept_float"}  # fields that a bundle of this version may lack
HANGUL = re.compile("[\u1100-\u11ff\u3130-\u318f\uac00-\ud7a3]")
Normalisation = Literal["NFC", "NFKC"]
Quantization = Literal["none", "float16", "int8"]
Runtime = Literal["litert", "tflite-2.14", "web"]


class File(TypedDict):
    """Checksum and size of a file in the bundle."""

    sha256: str
    bytes: int


class Weight(TypedDict):
    """A weight before quantization: its range, and how many values lie in each of equal steps between."""

    name: str
    shape: list[int]
    smallest: float
    largest: float
    histogram: list[int]


class Decoding(TypedDict):
    """Defaults of some `DecodingOptions`."""

    beam: int
    length_penalty: float
    max_length: int


class Tensor(TypedDict):
    """An input or output; a size of -1 is dynamic."""

    shape: list[int]
    dtype: str


class Signature(TypedDict):
    """A function in the model file; its tensors by name."""

    inputs: dict[str, Tensor]
    outputs: dict[str, Tensor]


@dataclass(frozen=True)
class State:
    """A state of the decoder.

    Attributes:
        shape: For a batch of 1.
        mutable: Whether a step changes it.
    """

    name: str
    dtype: str
    shape: list[int]
    mutable: bool


@dataclass(frozen=True)
class Fallback:
    """Lines to say instead of a reply whose score is below `threshold`, by language."""

    threshold: float
    replies: dict[str, str]

    def reply(self, question: str) -> str:
        """The line in the language of the question, or the first one."""
        language = "ko" if HANGUL.search(question) else "en"
        return self.replies.get(language) or next(iter(self.replies.values()), "")


@dataclass(frozen=True)
class Manifest:
    """What a runner has to know about a model.

    Attributes:
        signatures: By name.
        beam_sizes: Rows of the decode steps in the model file.
        source_length, target_length: Maximum number of tokens, including eos.
        fallback: None if every reply is given as it is.
        files: By name.
        constants: Their bytes in the model file, by type.
        runtimes: Those whose operators the model file was checked against.
        verified_on: Runtimes on which the answers were compared with Keras'.
        weights: Of the trained model; `kept_float` names those that an int8 file keeps in float32.
        scores: Of this file and of the Keras model.
        length_bucket: Sources are padded to a multiple of it.
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

    @property
    def fixed_lengths(self) -> list[int]:
        """Source lengths that have signatures of their own, without dynamic shapes."""
        return _fixed_lengths(self.signatures)

    def to_json(self) -> str:
        """The content of bundle.json."""
        values = dataclasses.asdict(self)
        return sealed({entry.name: values[entry.name] for entry in dataclasses.fields(Manifest)})


def sealed(values: dict[str, Any]) -> str:
    """The content of bundle.json with its checksum."""
    return json.dumps({**values, CHECKSUM: _checksum(values)}, ensure_ascii=False, indent=2) + "\n"


def _checksum(values: dict[str, Any]) -> str:
    return hashlib.sha256(json.dumps(values, sort_keys=True).encode()).hexdigest()


def manifest_from_json(content: bytes) -> Manifest:
    """Parse bundle.json.

    Raises:
        UserError: If it has another schema version, was altered or contradicts itself; lists all mistakes.
    """
    values = _object(content)
    version = values.get("schema_version")
    if type(version) is not int or version != SCHEMA_VERSION:
        is_older = type(version) is int and version < SCHEMA_VERSION
        todo = "export the run again: seq2edge export RUN" if is_older else "upgrade seq2edge"
        raise UserError(f"schema version {version!r}, this seq2edge reads {SCHEMA_VERSION}; {todo}")
    if values.pop(CHECKSUM, None) != _checksum(values):
        raise UserError(f"altered (its content does not match its {CHECKSUM}); copy it again")
    fields = [entry.name for entry in dataclasses.fields(Manifest)]
    if mistakes := list(_wrong_types(values, fields)) or list(_contradictions(values)):
        raise UserError(f"damaged: {'; '.join(mistakes)}")
    chosen = {name: value for name, value in values.items() if name in fields}
    states = [State(**state) for state in values["states"]]
    fallback = Fallback(**values["fallback"]) if values["fallback"] else None
    return Manifest(**{**chosen, "states": states, "fallback": fallback})


def _object(content: bytes) -> dict[str, Any]:
    try:
        values = json.loads(content.decode("utf-8"))
    except (ValueError, RecursionError) as error:
        raise UserError(f"damaged: {error}") from None
    if not isinstance(values, dict):
        raise UserError("damaged: not an object")
    return values


def _wrong_types(values: dict[str, Any], fields: Sequence[str]) -> Iterator[str]:
    hints = typing.get_type_hints(Manifest)
    if missing := sorted(set(fields) - values.keys() - OPTIONAL):
        yield f"{', '.join(missing)} missing"
    for name in fields:
        if name in values and not fits(values[name], hints[name]):
            yield f"{name} is {str(values[name])[:60]!r}, expected {describe(hints[name])}"


def _contradictions(values: dict[str, Any]) -> Iterator[str]:
    """Values that have the right type and cannot be true."""
    if values["task"] not in TASKS:
        yield f"task is {values['task']!r}, this seq2edge knows {', '.join(TASKS)}"
    numbers = [*values["beam_sizes"], values["source_length"], values["target_length"], values["length_bucket"]]
    if not all(0 < number <= 1 << 20 for number in numbers) or not values["beam_sizes"]:
        yield "beam_sizes and lengths must be positive whole numbers"
    if values["normalisation"] not in typing.get_args(Normalisation):
        allowed = " and ".join(typing.get_args(Normalisation))
        yield f"normalisation is {values['normalisation']!r}, allowed are {allowed}"
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
        DecodingOptions(**decoding)
    except UserError as error:
        yield f"decoding: {error}"
    names = ["encode", "generate", *(f"decode_step_{batch}" for batch in values["beam_sizes"])]
    suffixes = ["", *(f"_s{length}" for length in _fixed_lengths(values["signatures"]))]
    needed = {name + suffix for name in names for suffix in suffixes}
    if missing := sorted(needed - values["signatures"].keys()):
        yield f"there is no signature {', '.join(missing)}"


def _fixed_lengths(signatures: Iterable[str]) -> list[int]:
    return sorted(int(found[1]) for name in signatures if (found := re.fullmatch(r"encode_s([1-9][0-9]{0,5})", name)))
