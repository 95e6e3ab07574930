"""The manifest of an encoder-decoder."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Annotated, Any, ClassVar, NotRequired, Self, TypedDict

from seq2edge.device.errors import UserError
from seq2edge.device.json_types import Between, Items
from seq2edge.device.manifests import caps
from seq2edge.device.manifests.common import Length, Manifest, Shape, Tensors, VocabularySize
from seq2edge.device.scripts import scripts_of
from seq2edge.device.search.options import LARGEST_BEAM, LARGEST_LENGTH_PENALTY, DecodingOptions
from seq2edge.device.signature_names import DECODE_STEP, ENCODE, required_names

Beam = Annotated[int, Between(1, LARGEST_BEAM)]


class Decoding(TypedDict):
    """Default values of some decoding options."""

    beam: Beam
    length_penalty: Annotated[float, Between(0, LARGEST_LENGTH_PENALTY)]
    max_length: Length
    all_items: NotRequired[bool]


class VocabularySizes(TypedDict):
    """The number of tokens on each side."""

    source: VocabularySize
    target: VocabularySize


@dataclass(frozen=True)
class State:
    """A state of the decoder.

    Attributes:
        name: Name of the tensor.
        dtype: Data type of the tensor.
        shape: Shape for a batch of 1.
        mutable: Whether a step changes the state.
    """

    name: str
    dtype: str
    shape: Shape
    mutable: bool


@dataclass(frozen=True)
class Fallback:
    """Lines, by language, that replace replies with a score below `threshold`."""

    threshold: float
    replies: Annotated[dict[str, str], Items(0, caps.NAMES)]

    def reply(self, question: str) -> str:
        """Return the line in the language of the question, or the first line."""
        language = "ko" if "Hangul" in scripts_of(question) else "en"
        return self.replies.get(language) or next(iter(self.replies.values()), "")


@dataclass(frozen=True, kw_only=True)
class Seq2SeqManifest(Manifest):
    """Manifest of an encoder-decoder. For a fixed source length L there are signatures encode_sL, decode_step_B_sL and
    generate_sL.

    Attributes:
        vocabulary: Numbers of source and target tokens.
        target_length: Maximum number of target tokens, including eos.
        states: States that the decoder passes from step to step, in order.
        beam_sizes: Batch sizes of the decode steps in the model file.
        decoding: Default values of decoding options.
        fallback: Lines that replace unlikely replies; None (null in JSON) if replies are never replaced.
        source_script: Script of which nearly all training sources have letters, e.g. "Hangul"; empty: there is none.
        unknown: Whether the model was trained to answer unk to sources that have no answer.
        usual_confidence: Confidence that nearly all outputs for texts like those it was trained on have at least; 0:
            not known.
    """

    TEXT_SIDES: ClassVar[tuple[str, ...]] = ("source", "target")

    vocabulary: VocabularySizes
    target_length: Length
    states: Annotated[list[State], Items(0, caps.TENSORS)]
    beam_sizes: Annotated[list[Beam], Items(1, caps.BEAM_SIZES)]
    decoding: Decoding
    fallback: Fallback | None
    source_script: str = field(default="", metadata={"optional": True})
    unknown: bool = field(default=False, metadata={"optional": True})
    usual_confidence: Annotated[float, Between(0, 1)] = field(default=0.0, metadata={"optional": True})

    @classmethod
    def of_values(cls, values: dict[str, Any]) -> Self:
        states = [State(**state) for state in values["states"]]
        fallback = Fallback(**values["fallback"]) if values["fallback"] else None
        return cls(**{**values, "states": states, "fallback": fallback})

    def required_signatures(self) -> set[str]:
        return required_names(self.beam_sizes, self.fixed_lengths)

    def facts(self) -> Iterator[tuple[str, str]]:
        yield from super().facts()
        yield "vocabulary", f"source {self.vocabulary['source']}, target {self.vocabulary['target']} tokens"
        yield "lengths", f"source up to {self.source_length} tokens, target up to {self.target_length}"
        yield "decoding", ", ".join(f"{key} {value}" for key, value in self.decoding.items())
        yield "beam sizes", ", ".join(map(str, self.beam_sizes))
        if self.fallback:
            yield "fallback", f"below {self.fallback.threshold}: {' / '.join(self.fallback.replies.values())}"

    def contradictions(self) -> Iterator[str]:
        decoding, beam_sizes = self.decoding, self.beam_sizes
        if decoding["max_length"] > self.target_length:
            most = f"target_length = {self.target_length}"
            yield f"decoding.max_length must be at most {most}, got {decoding['max_length']}"
        if decoding["beam"] > max(beam_sizes):
            yield f"decoding.beam must be at most the largest of beam_sizes, {max(beam_sizes)}, got {decoding['beam']}"
        try:
            DecodingOptions(**decoding)
        except UserError as error:
            yield f"decoding: {error}"
        yield from self._state_contradictions()
        yield from self.special_id_contradictions(min(self.vocabulary["source"], self.vocabulary["target"]))
        yield from super().contradictions()

    def _state_contradictions(self) -> Iterator[str]:
        """Yield a message if two states have the same name, and for each state that a signature lacks."""
        names = dict.fromkeys(state.name for state in self.states)
        if len(names) < len(self.states):
            yield "states must have different names, got the same name twice"
        for name in names:
            if lacking := next((place for place, tensors in self._tensors_with_states() if name not in tensors), None):
                yield f"states must be in the signatures, but the {lacking} have no {name[:60]!r}"

    def _tensors_with_states(self) -> Iterator[tuple[str, Tensors]]:
        """Yield the inputs and outputs that have all states, each with a description."""
        for name, signature in self.signatures.items():
            if name.startswith(DECODE_STEP):
                yield f"inputs of {name}", signature["inputs"]
            if name.startswith((DECODE_STEP, ENCODE)):
                yield f"outputs of {name}", signature["outputs"]
