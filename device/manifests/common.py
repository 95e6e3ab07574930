"""The common part of the manifests of all families."""

import dataclasses
import hashlib
import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Annotated, Any, ClassVar, Final, Literal, NotRequired, Self, TypedDict

from seq2edge.device.json_types import Between, Items, Pattern
from seq2edge.device.manifests import caps
from seq2edge.device.processors.slots import MOST_SLOTS
from seq2edge.device.special_ids import EOS, SPECIAL_IDS, SpecialIds

SCHEMA_VERSION: Final = 3
# Checksum of everything else in bundle.json. A wrong length or name would otherwise only cause wrong answers.
CHECKSUM = "manifest_sha256"
LANGUAGE_CODE = "[A-Za-z]{2,3}(-[A-Za-z0-9]{1,8})*"  # BCP 47 without private and irregular codes
UNKNOWN_LANGUAGE = "und"

Normalisation = Literal["NFC", "NFKC", "none"]
Quantization = Literal["none", "float16", "int8"]
Runtime = Literal["litert", "tflite-2.14", "web"]
Language = Annotated[str, Pattern(LANGUAGE_CODE, "en or pt-BR")]
Sha256 = Annotated[str, Pattern("[0-9a-f]{64}", "64 digits of a SHA-256")]
Length = Annotated[int, Between(1, caps.LENGTH)]  # in tokens
VocabularySize = Annotated[int, Between(EOS + 1, caps.VOCABULARY)]
Count = Annotated[int, Between(0, (1 << 53) - 1)]  # exact in every JSON parser
Size = Annotated[int, Between(-1, (1 << 31) - 1)]  # of a tensor along an axis
Shape = Annotated[list[Size], Items(0, caps.AXES)]
Names = Annotated[list[str], Items(0, caps.NAMES)]


class File(TypedDict):
    """Checksum and size of a file in the bundle."""

    sha256: Sha256
    bytes: Count


class Weight(TypedDict):
    """A weight before quantization: its range, and a histogram of its values in bins of equal width."""

    name: str
    shape: Shape
    smallest: float
    largest: float
    histogram: Annotated[list[Count], Items(1, caps.BARS)]


class Tensor(TypedDict):
    """An input or output of a signature; a size of -1 is dynamic."""

    shape: Shape
    dtype: str


Tensors = Annotated[dict[str, Tensor], Items(0, caps.TENSORS)]


class Signature(TypedDict):
    """A function in the model file, with its inputs and outputs by name."""

    inputs: Tensors
    outputs: Tensors


class Operator(TypedDict):
    """An operator in the model file and its version."""

    name: str
    version: Count


class TextProcessor(TypedDict):
    """Text is normalised to a Unicode form, invisible characters are removed, and white space is collapsed; "none"
    keeps the text unchanged. With `slots`, that many tokens replace numbers, paths and placeholders."""

    type: Literal["text"]
    normalisation: Normalisation
    slots: NotRequired[Annotated[int, Between(1, MOST_SLOTS)]]


class Processors(TypedDict):
    """Processor of the source, and of the target if it is text. Without `target` both sides have the same processor."""

    source: TextProcessor
    target: NotRequired[TextProcessor]


@dataclass(frozen=True, kw_only=True)
class Manifest:
    """Everything that a runner needs to know about a model.

    Attributes:
        name: Name of the recipe.
        task: Task that the model was trained for: "chat", "translation" …
        source_length: Maximum number of source tokens, including eos.
        length_bucket: Sources are padded to a multiple of this length.
        fixed_lengths: Source lengths with separate signatures that have no dynamic shapes.
        processors: Processors that convert sources to features.
        special_ids: Ids of the special tokens.
        languages: BCP-47 codes of source and of a target that is text ("und": not known, "mul": several), or empty.
        signatures: Functions in the model file, by name.
        files: Files in the bundle other than bundle.json, by name.
        quantization: Quantization of the weights; "none" is float32.
        kept_float: Names of the weights that an int8 file keeps in float32.
        operators: Operators in the model file.
        constants: Total size in bytes of the constants in the model file, by type.
        weights: Weights of the trained model, before quantization.
        runtimes: Runtimes for which the operators of the model file were checked.
        verified_on: Runtimes on which answers were compared with those of the Keras model.
        scores: Scores of this bundle and of the Keras model.
        licence: Licence of the training data.
        made_from: SHA-256 of the settings of the recipe ("recipe") and of the pairs it uses ("data").
        created_with: Name and version of the program that wrote the bundle.
        schema_version: Version of this schema.
    """

    TEXT_SIDES: ClassVar[tuple[str, ...]]  # "source", "target": each has a tokenizer and a language

    name: str
    task: str
    source_length: Length
    length_bucket: Annotated[int, Between(1, caps.LENGTH_BUCKET)] = 8
    fixed_lengths: Annotated[list[Length], Items(0, caps.FIXED_LENGTHS)] = field(default_factory=list)
    processors: Processors
    special_ids: SpecialIds = field(default_factory=SPECIAL_IDS.copy)
    languages: Annotated[list[Language], Items(0, caps.NAMES)] = field(
        default_factory=list, metadata={"optional": True}
    )
    signatures: Annotated[dict[str, Signature], Items(0, caps.SIGNATURES)] = field(default_factory=dict)
    files: Annotated[dict[str, File], Items(0, caps.FILES)] = field(default_factory=dict)
    quantization: Quantization = "none"
    kept_float: Annotated[list[str], Items(0, caps.WEIGHTS)] = field(default_factory=list)
    operators: Annotated[list[Operator], Items(0, caps.OPERATORS)] = field(default_factory=list)
    constants: Annotated[dict[str, Count], Items(0, caps.NAMES)] = field(default_factory=dict)
    weights: Annotated[list[Weight], Items(0, caps.WEIGHTS)] = field(default_factory=list)
    runtimes: Names = field(default_factory=list)
    verified_on: Names = field(default_factory=list)
    scores: dict[str, Any] = field(default_factory=dict)
    licence: str
    made_from: Annotated[dict[str, Sha256], Items(0, caps.NAMES)] = field(
        default_factory=dict, metadata={"optional": True}
    )
    created_with: str
    schema_version: Literal[3] = SCHEMA_VERSION

    @property
    def normalisations(self) -> tuple[Normalisation, Normalisation]:
        """Normalisation of sources and of targets."""
        source = self.processors["source"]
        return source["normalisation"], self.processors.get("target", source)["normalisation"]

    @classmethod
    def of_values(cls, values: dict[str, Any]) -> Self:
        """Build the manifest from JSON values that fit the fields."""
        return cls(**values)

    def facts(self) -> Iterator[tuple[str, str]]:
        """Yield facts about the model for display, as label and text."""
        if self.languages:
            yield "languages", " → ".join(self.languages)
        yield "normalisation", ", ".join(map(" ".join, zip(self.TEXT_SIDES, self.normalisations, strict=False)))

    def contradictions(self) -> Iterator[str]:
        """Yield a message for each contradiction between values that fit the schema."""
        if len(self.languages) not in (0, len(self.TEXT_SIDES)):
            sides = " and ".join(self.TEXT_SIDES)
            yield f"languages must be a code for {sides}, or empty, got {json.dumps(self.languages)}"
        if missing := sorted(self.required_signatures() - self.signatures.keys()):
            yield f"there is no signature {', '.join(missing)}"

    def required_signatures(self) -> set[str]:
        """Names of the signatures that a model file must have."""
        raise NotImplementedError

    def special_id_contradictions(self, vocabulary: int) -> Iterator[str]:
        """Yield a message for each special id that is not in a vocabulary of this size."""
        for name, token_id in self.special_ids.items():
            if isinstance(token_id, int) and token_id >= vocabulary:
                yield f"special_ids.{name} must be less than the size of a vocabulary, {vocabulary}, got {token_id}"

    def to_json(self) -> str:
        """Content of bundle.json."""
        return sealed(dataclasses.asdict(self))


def sealed(values: dict[str, Any]) -> str:
    """Content of bundle.json, with its checksum."""
    return json.dumps({**values, CHECKSUM: checksum_of(values)}, ensure_ascii=False, indent=2) + "\n"


def checksum_of(values: dict[str, Any]) -> str:
    """SHA-256 of the fields of a manifest, without the checksum itself."""
    return hashlib.sha256(json.dumps(values, sort_keys=True).encode()).hexdigest()
