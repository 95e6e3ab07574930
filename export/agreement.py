"""How a bundle's outputs agree with those of the Keras model it was made of."""

import dataclasses
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from tqdm import tqdm

from seq2edge.device.bundle import Bundle
from seq2edge.device.manifests.seq2seq import Seq2SeqManifest
from seq2edge.device.processors.interface import Features
from seq2edge.device.search.decoding import decode, decode_stepwise, forced_steps
from seq2edge.device.search.hypothesis import Hypothesis
from seq2edge.device.search.model import SequenceModel
from seq2edge.device.search.options import DecodingOptions
from seq2edge.device.special_ids import EOS
from seq2edge.device.tflite_seq2seq import TFLiteModel
from seq2edge.export.held_out import best_hypotheses, identical
from seq2edge.models.seq2seq import Seq2Seq
from seq2edge.pipeline.families.keras_decoding import KerasSequenceModel

BEAM_SENTENCES = 50
LOGIT_SENTENCES = 50


@dataclass(frozen=True)
class Agreement:
    """How far a bundle agrees with Keras, as in bundle.json. Shares are in percent of the sentences.

    Attributes:
        identical: Same ids as Keras, decoded step by step.
        largest_logit_difference: Between the logits of first steps.
        generate_identical: Same ids from `generate` as step by step.
        beam_identical: Same ids as Keras from a beam search; None if the bundle has steps for one row only.
        fixed_lengths_identical: Same ids from the signatures of fixed lengths as from the others; None if there are
            no such signatures.
    """

    identical: float
    largest_logit_difference: float
    generate_identical: float
    beam_identical: float | None
    fixed_lengths_identical: float | None

    @property
    def lowest(self) -> float:
        """The smallest of the shares."""
        shares = (self.identical, self.generate_identical, self.beam_identical, self.fixed_lengths_identical)
        return min(value for value in shares if value is not None)

    def to_json(self) -> dict[str, float]:
        return {name: value for name, value in dataclasses.asdict(self).items() if value is not None}


class Comparison:
    """A bundle beside its Keras model, both decoding the same sources greedily over the whole vocabulary.

    Args:
        bundle: A bundle whose files are in its folder.
        model: The Keras model.
        sources: Unpadded features of each.
    """

    def __init__(self, bundle: Bundle[Seq2SeqManifest], model: Seq2Seq, sources: Sequence[Features]):
        self.bundle, self.sources = bundle, sources
        self.keras = KerasSequenceModel(model)
        self.tflite = TFLiteModel(bundle.with_manifest(fixed_lengths=[]))  # a runner would prefer these
        self.options = DecodingOptions(max_length=bundle.manifest.target_length, shortlist=False)

    @cached_property
    def expected(self) -> list[Hypothesis]:
        """Keras' hypotheses."""
        return best_hypotheses(self.keras, self.sources, self.options)

    @cached_property
    def found(self) -> list[Hypothesis]:
        """The bundle's hypotheses, decoded step by step."""
        return step_by_step(self.tflite, self.sources, self.options, f"verify {self.bundle.manifest.quantization}")

    @cached_property
    def found_with_fixed_lengths(self) -> list[Hypothesis] | None:
        """The same from the signatures of fixed lengths, if there are any."""
        if not self.bundle.manifest.fixed_lengths:
            return None
        return step_by_step(TFLiteModel(self.bundle), self.sources, self.options, "verify fixed lengths")

    @cached_property
    def found_with_shortlist(self) -> list[Hypothesis] | None:
        """The same restricted to the shortlist, if there is one."""
        if not self.tflite.shortlist:
            return None
        options = dataclasses.replace(self.options, shortlist=True)
        return step_by_step(self.tflite, self.sources, options, "verify the shortlist")

    def agreement(self) -> Agreement:
        """Compare the bundle's outputs with Keras' and with each other."""
        fixed = self.found_with_fixed_lengths
        return Agreement(
            identical=identical(self.expected, self.found),
            largest_logit_difference=_logit_difference(self.keras, self.tflite, self.sources[:LOGIT_SENTENCES]),
            generate_identical=identical(self.found, in_one_call(self.tflite, self.sources, self.options)),
            beam_identical=self._beam_identical(),
            fixed_lengths_identical=None if fixed is None else identical(self.found, fixed),
        )

    def _beam_identical(self) -> float | None:
        """Compare beam searches: with the bundle's beam, or if it is greedy with the largest it has steps for."""
        decoding = self.bundle.manifest.decoding
        beam = decoding["beam"] if decoding["beam"] > 1 else max(self.bundle.manifest.beam_sizes)
        if beam == 1:
            return None
        options = dataclasses.replace(self.options, beam=beam, length_penalty=decoding["length_penalty"])
        sources = self.sources[:BEAM_SENTENCES]
        expected = best_hypotheses(self.keras, sources, options)
        return identical(expected, step_by_step(self.tflite, sources, options, "verify the beam"))


def step_by_step(
    model: TFLiteModel, sources: Sequence[Features], options: DecodingOptions, doing: str
) -> list[Hypothesis]:
    """The best hypothesis for each source from `encode` and the decode steps, with a progress bar."""
    progress = tqdm(sources, doing, unit="sentence", file=sys.stderr, leave=False)
    return [decode_stepwise(model, [source], options)[0][0] for source in progress]


def in_one_call(model: TFLiteModel, sources: Sequence[Features], options: DecodingOptions) -> list[Hypothesis]:
    """The greedy hypothesis for each source from `generate`."""
    return [decode(model, [source], options)[0][0] for source in sources]


def _logit_difference(first: SequenceModel, second: SequenceModel, sources: Sequence[Features]) -> float:
    """The largest difference between the logits of the first step."""
    largest = 0.0
    for source in sources:
        a, b = (next(forced_steps(model, [source], [[EOS]])).logits for model in (first, second))
        largest = max(largest, float(np.abs(a - b).max()))
    return round(largest, 6)
