"""Runs the model file of an encoder-decoder."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from seq2edge.device import signature_names
from seq2edge.device.batching import add_rows
from seq2edge.device.bundle import Bundle
from seq2edge.device.errors import UserError
from seq2edge.device.interpreter import ModelFile
from seq2edge.device.manifests.seq2seq import Seq2SeqManifest
from seq2edge.device.processors.interface import Features, source_length
from seq2edge.device.search.model import GreedyOutput, SequenceModel, StepOutput, Vocabulary
from seq2edge.device.search.options import DecodingOptions
from seq2edge.device.shortlist import FILE as SHORTLIST
from seq2edge.device.shortlist import Shortlist

CACHE_BLOCK = 8  # steps by which a cache grows; each new length makes the interpreter allocate again


@dataclass(frozen=True)
class _Memory:
    """The memory of a source.

    Attributes:
        inputs: Inputs that are the same for all decode steps.
        length: Fixed source length of the decode steps to call; None: those for any length.
        top: Whether the search needs only the most likely tokens of each step.
        shortlist: Ids of the tokens that the steps score; None: all tokens.
    """

    inputs: dict[str, np.ndarray]
    length: int | None
    top: bool = False
    shortlist: np.ndarray | None = None


class TFLiteModel(SequenceModel):
    """A `seq2edge.device.search.model.SequenceModel` that runs model.tflite, one source at a time.

    All rows of a beam share the memory. Rows are padded to the smallest decode step that has room for them. The search
    holds the states, so any number of threads may search at once.

    Arguments and errors are those of `ModelFile`.
    """

    max_batch_size = 1

    def __init__(
        self,
        bundle: Bundle[Seq2SeqManifest],
        threads: int = 1,
        num_interpreters: int = 1,
        runtime: tuple[type[Any], str] | None = None,
    ):
        self.file = ModelFile(bundle, threads, num_interpreters, runtime)
        self.runtime, self.target_length = self.file.runtime, bundle.manifest.target_length
        self.unknown = bundle.manifest.unknown
        self.state_names = [state.name for state in bundle.manifest.states]
        self.mutable: Sequence[bool] = [state.mutable for state in bundle.manifest.states]
        self.beam_sizes = sorted(bundle.manifest.beam_sizes)
        self.signatures = bundle.manifest.signatures
        shapes = self.signatures[signature_names.decode_step(self.beam_sizes[0])]["inputs"]
        self.caches = [shapes[name]["shape"][1:2] == [-1] for name in self.state_names]
        self.shortlist = Shortlist.open(bundle) if SHORTLIST in bundle.manifest.files else None

    def encode(
        self, sources: Sequence[Features], vocabulary: Vocabulary = Vocabulary.FULL
    ) -> tuple[Any, list[np.ndarray]]:
        if len(sources) != 1:
            raise ValueError(f"a model file encodes one source at a time. Received: {len(sources)}")
        top = vocabulary is not Vocabulary.FULL
        short = self.shortlist if vocabulary is Vocabulary.SHORTLIST else None
        padded, fixed = self.file.pad(sources[0])
        length = None if short else fixed
        encoded = self.file.run(signature_names.encode(length), **padded)
        states = [encoded.pop(name) for name in self.state_names]
        if length is None:
            states = self._with_caches(states, lambda cache: cache[:, :CACHE_BLOCK])
        if short is None:
            return _Memory(encoded, length, top), states
        likely = short.of(sources[0]["source_ids"], 2 * self.beam_sizes[-1])
        more = {name: encoded[name] for name in encoded.keys() & self.signatures[signature_names.OUTPUT_ROWS]["inputs"]}
        rows = self.file.run(signature_names.OUTPUT_ROWS, shortlist_ids=likely, **more)
        return _Memory(encoded | rows, length, top, likely), states

    def step(self, token_ids: np.ndarray, memory: Any, sentence: np.ndarray, states: list[np.ndarray]) -> StepOutput:
        rows = len(token_ids)
        batch = self._batch_for(rows)
        extra = batch - rows
        if memory.shortlist is None:
            signature = signature_names.decode_step(batch, memory.length)
        else:
            signature = signature_names.decode_step_shortlist(batch)
        if memory.length is None:
            states = self._with_caches(states, _with_room)
        outputs = self.file.run(
            signature,
            token_ids=add_rows(token_ids.astype(np.int32, copy=False), extra),
            **memory.inputs,
            **{name: add_rows(state, extra) for name, state in zip(self.state_names, states, strict=True)},
        )
        if extra:
            outputs = {name: output[:rows] for name, output in outputs.items()}
        new_states, attention = [outputs[name] for name in self.state_names], outputs.get("attention")
        if not memory.top:
            return StepOutput(outputs["logits"], new_states, attention, unknown=self.unknown)
        top_ids = outputs["top_ids"] if memory.shortlist is None else memory.shortlist[outputs["top_places"]]
        return StepOutput(outputs["top_log_probs"], new_states, attention, top_ids)

    def greedy(self, source: Features, options: DecodingOptions) -> GreedyOutput | None:
        most = options.limits(source_length(source))[1]
        if most > self.target_length:
            return None
        padded, fixed = self.file.pad(source)
        if options.shortlist and self.shortlist:
            likely = self.shortlist.of(source["source_ids"])
            outputs = self.file.run(signature_names.GENERATE_SHORTLIST, **padded, shortlist_ids=likely)
        else:
            outputs = self.file.run(signature_names.generate(fixed), **padded)
        length = min(int(outputs["length"][0]), most)
        attention = outputs["attention"][0, :length] if "attention" in outputs else None
        return GreedyOutput(outputs["target_ids"][0, :length], outputs["log_probs"][0, :length], attention)

    def _with_caches(
        self, states: Sequence[np.ndarray], changed: Callable[[np.ndarray], np.ndarray]
    ) -> list[np.ndarray]:
        """Return the states with changed caches."""
        return [changed(state) if cache else state for state, cache in zip(states, self.caches, strict=True)]

    def check_beam(self, beam: int) -> None:
        self._batch_for(beam)

    def _batch_for(self, rows: int) -> int:
        """Batch size of the smallest decode step that has room for this number of rows."""
        for batch in self.beam_sizes:
            if batch >= rows:
                return batch
        raise UserError(
            f"beam must be at most {self.beam_sizes[-1]}, the limit of this bundle, got {rows}; "
            f"export it with export.beam_sizes up to {rows}"
        )


def _with_room(cache: np.ndarray) -> np.ndarray:
    """Append zeros to a cache `(rows, steps, …)` if its last step has been written.

    The encoder returns caches for the longest target. Short ones make a step nearly twice as fast.
    """
    if not cache[0, -1].any():
        return cache
    rows, _, *width = cache.shape
    return np.concatenate([cache, np.zeros((rows, CACHE_BLOCK, *width), cache.dtype)], axis=1)
