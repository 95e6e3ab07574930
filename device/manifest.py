"""The manifest of a bundle: the content of bundle.json, and the checks of it."""

import dataclasses
import hashlib
import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Annotated, Any, Final, Literal, NotRequired, TypedDict

from seq2edge.device.errors import UserError
from seq2edge.device.json_types import Between, NotEmpty, Pattern, fields, mistakes
from seq2edge.device.search.options import LARGEST_BEAM, DecodingOptions
from seq2edge.device.signature_names import required_names
from seq2edge.device.special_ids import EOS, SPECIAL_IDS, SpecialIds
from seq2edge.device.tasks import TASKS

SCHEMA_VERSION: Final = 3
# Checksum of everything else in bundle.json: a wrong length or name in it would only show as a wrong answer.
CHECKSUM = "manifest_sha256"
SHOWN_MISTAKES = 5
HANGUL = re.compile("[\u1100-\u11ff\u3130-\u318f\uac00-\ud7a3]")
LANGUAGE_CODE = "[A-Za-z]{2,3}(-[A-Za-z0-9]{1,8})*"  # BCP 47, without its private and irregular codes
UNKNOWN_LANGUAGE = "und"

Normalisation = Literal["NFC", "NFKC", "none"]
Quantization = Literal["none", "float16", "int8"]
Runtime = Literal["litert", "tflite-2.14", "web"]
Language = Annotated[str, Pattern(LANGUAGE_CODE, "en or pt-BR")]
Sha256 = Annotated[str, Pattern("[0-9a-f]{64}", "64 digits of a SHA-256")]
Beam = Annotated[int, Between(1, LARGEST_BEAM)]
Length = Annotated[int, Between(1, 1 << 20)]  # in tokens
VocabularySize = Annotated[int, Between(EOS + 1, 1 << 20)]
Count = Annotated[int, Between(0, (1 << 53) - 1)]  # any JSON reader keeps it exactly
Size = Annotated[int, Between(-1, (1 << 31) - 1)]  # of a tensor along an axis


class File(TypedDict):
    """Checksum and size of a file in the bundle."""

    sha256: Sha256
    bytes: Count


class Weight(TypedDict):
    """A weight before quantization: its range, and how many values lie in each of equal steps between."""

    name: str
    shape: list[Size]
    smallest: float
    largest: float
    histogram: list[Count]


class Decoding(TypedDict):
    """Defaults of some decoding options."""

    beam: Beam
    length_penalty: Annotated[float, Between(0, 100)]
    max_length: Length


class Tensor(TypedDict):
    """An input or output; a size of -1 is dynamic."""

    shape: list[Size]
    dtype: str


class Signature(TypedDict):
    """A function in the model file; its tensors by name."""

    inputs: dict[str, Tensor]
    outputs: dict[str, Tensor]


class Operator(TypedDict):
    """An operator of the model file and its version."""

    name: str
    version: Count


class VocabularySizes(TypedDict):
    """The number of tokens on each side."""

    source: VocabularySize
    target: VocabularySize


class TextProcessor(TypedDict):
    """Text is brought to a Unicode form; then invisible characters go, and white space is squeezed. Or it is not
    changed ("none")."""

    type: Literal["text"]
    normalisation: Normalisation


class Processors(TypedDict):
    """What turns a source into features, as in training, and what a target that is text went through; without
    `target` the same as the source."""

    source: TextProcessor
    target: NotRequired[TextProcessor]


@dataclass(frozen=True)
class State:
    """A state of the decoder.

    Attributes:
        shape: For a batch of 1.
        mutable: Whether a step changes it.
    """

    name: str
    dtype: str
    shape: list[Size]
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
        name: Of the recipe.
        task: What the model was trained for: "chat", "translation" …
        signatures: The functions in the model file, by name.
        states: What the decoder passes from step to step, in order.
        beam_sizes: Rows of the decode steps in the model file.
        fixed_lengths: Source lengths L that have the signatures encode_sL, decode_step_B_sL and generate_sL, without
            dynamic shapes.
        vocabulary: Number of source and target tokens.
        source_length, target_length: Maximum number of tokens, including eos.
        processors: What turns a source into features.
        decoding: Defaults of the search.
        fallback: What replaces unlikely replies; None (null in JSON) if every reply is given as it is.
        files: Those beside bundle.json, by name.
        quantization: Of the weights; "none" is float32.
        operators: Those in the model file.
        runtimes: Those whose operators the model file was checked against.
        constants: Their bytes in the model file, by type.
        weights: Of the trained model; `kept_float` names those that an int8 file keeps in float32.
        verified_on: Runtimes on which the answers were compared with Keras'.
        scores: Of this file and of the Keras model.
        licence: Of the training data.
        created_with: Name and version of the program that wrote the bundle.
        length_bucket: Sources are padded to a multiple of it.
        kept_float: Names of the weights in float32 in an int8 file.
        special_ids: Ids of the special tokens.
        languages: BCP-47 codes of source and target ("und": not known, "mul": several), or empty.
        schema_version: Of this description.
    """

    name: str
    task: str
    signatures: dict[str, Signature]
    states: list[State]
    beam_sizes: Annotated[list[Beam], NotEmpty()]
    vocabulary: VocabularySizes
    source_length: Length
    target_length: Length
    processors: Processors
    decoding: Decoding
    fallback: Fallback | None
    files: dict[str, File]
    quantization: Quantization
    operators: list[Operator]
    runtimes: list[str]
    constants: dict[str, Count]
    weights: list[Weight]
    verified_on: list[str]
    scores: dict[str, Any]
    licence: str
    created_with: str
    length_bucket: Length = 8
    fixed_lengths: list[Length] = field(default_factory=list)
    kept_float: list[str] = field(default_factory=list)
    special_ids: SpecialIds = field(default_factory=SPECIAL_IDS.copy)
    languages: list[Language] = field(default_factory=list, metadata={"optional": True})
    schema_version: Literal[3] = SCHEMA_VERSION

    @property
    def normalisations(self) -> tuple[Normalisation, Normalisation]:
        """The Unicode forms that sources and targets are brought to, or "none"."""
        source = self.processors["source"]
        return source["normalisation"], self.processors.get("target", source)["normalisation"]

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
    if found := list(mistakes(values, Manifest)) or list(_contradictions(values)):
        more = [f"{len(found) - SHOWN_MISTAKES} more"] if len(found) > SHOWN_MISTAKES else []
        raise UserError(f"damaged: {'; '.join([*found[:SHOWN_MISTAKES], *more])}")
    chosen = {name: value for name, value in values.items() if name in fields(Manifest)}
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


def _contradictions(values: Mapping[str, Any]) -> Iterator[str]:
    """Values that fit the schema and cannot be true."""
    if values["task"] not in TASKS:
        yield f"task is {values['task']!r}, this seq2edge knows {', '.join(TASKS)}"
    decoding, beam_sizes = values["decoding"], values["beam_sizes"]
    if decoding["max_length"] > values["target_length"]:
        yield f"decoding.max_length is {decoding['max_length']}, above the target_length, {values['target_length']}"
    if decoding["beam"] > max(beam_sizes):
        yield f"decoding.beam is {decoding['beam']}, above the largest of the beam_sizes, {max(beam_sizes)}"
    try:
        DecodingOptions(**decoding)
    except UserError as error:
        yield f"decoding: {error}"
    smallest = min(values["vocabulary"].values())
    for name, token_id in values["special_ids"].items():
        if token_id >= smallest:
            yield f"special_ids.{name} is {token_id}, expected less than the size of a vocabulary, {smallest}"
    if len(values.get("languages", [])) not in (0, 2):
        yield f"languages is {json.dumps(values['languages'])}, expected the codes of source and target, or none"
    needed = required_names(beam_sizes, values["fixed_lengths"])
    if missing := sorted(needed - values["signatures"].keys()):
        yield f"there is no signature {', '.join(missing)}"
