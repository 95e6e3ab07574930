"""Compares the targets of a bundle with those of the Keras encoder-decoder that it was exported from."""

import dataclasses
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from tqdm import tqdm

from seq2edge.device.bundle import Bundle
from seq2edge.device.manifests.seq2seq import Seq2SeqManifest
from seq2edge.device.processors.interface import Features, SourceProcessor
from seq2edge.device.search.decoding import decode, decode_stepwise, forced_steps
from seq2edge.device.search.hypothesis import Hypothesis
from seq2edge.device.search.model import SequenceModel
from seq2edge.device.search.options import DecodingOptions
from seq2edge.device.special_ids import EOS
from seq2edge.device.target_tokenizer import TargetTokenizer
from seq2edge.device.tflite_seq2seq import TFLiteModel
from seq2edge.export.families.interface import Agreement, Comparison, Variant
from seq2edge.export.held_out import share
from seq2edge.models.seq2seq import Seq2Seq
from seq2edge.pipeline.families.keras_decoding import KerasSequenceModel

BEAM_SENTENCES = 50
LOGIT_SENTENCES = 50


@dataclass(frozen=True)
class Seq2SeqAgreement(Agreement):
    """`Agreement` of ids from greedy search with decode steps. Logits are compared at the first step.

    Attributes:
        generate_identical: Share with the same ids from `generate` as from decode steps.
        beam_identical: Share with the same ids as Keras from beam search; None if the bundle has decode steps for one
            row only.
    """

    generate_identical: float
    beam_identical: float | None


class Seq2SeqComparison(Comparison):
    """Compares a bundle with its Keras model. Both use greedy search over the whole vocabulary.

    Args:
        processor: Processor of the sources.
        tokenizer: Tokenizer of the targets.
        bundle: A bundle whose files are in its folder.
        model: The Keras model.
        sources: Unpadded features of each source.
    """

    search = "greedy"

    def __init__(
        self,
        processor: SourceProcessor,
        tokenizer: TargetTokenizer,
        bundle: Bundle[Seq2SeqManifest],
        model: Seq2Seq,
        sources: Sequence[Features],
    ):
        self.processor, self.tokenizer, self.bundle, self.sources = processor, tokenizer, bundle, sources
        self.keras = KerasSequenceModel(model)
        self.tflite = TFLiteModel(bundle.with_manifest(fixed_lengths=[]))  # otherwise it would use these
        self.runtime = self.tflite.runtime
        self.options = DecodingOptions(max_length=bundle.manifest.target_length, shortlist=False)

    @cached_property
    def expected(self) -> list[Hypothesis]:
        """Hypotheses of Keras."""
        return best_hypotheses(self.keras, self.sources, self.options)

    @cached_property
    def found(self) -> list[Hypothesis]:
        """Hypotheses of the bundle, from its decode steps."""
        return step_by_step(self.tflite, self.sources, self.options, f"verify {self.bundle.manifest.quantization}")

    @cached_property
    def found_with_fixed_lengths(self) -> list[Hypothesis]:
        """Hypotheses from the bundle's signatures of fixed lengths."""
        return step_by_step(TFLiteModel(self.bundle), self.sources, self.options, "verify fixed lengths")

    def keras_answers(self) -> list[str]:
        return self._texts(self.expected)

    def bundle_answers(self) -> list[str]:
        return self._texts(self.found)

    def variants(self) -> dict[str, Variant]:
        """Return the search over the shortlist, if there is one."""
        if not self.tflite.shortlist:
            return {}
        options = dataclasses.replace(self.options, shortlist=True)
        found = step_by_step(self.tflite, self.sources, options, "verify the shortlist")
        return {"shortlist": Variant(self._texts(found), identical(self.found, found))}

    def agreement(self) -> Seq2SeqAgreement:
        has_fixed = bool(self.bundle.manifest.fixed_lengths)
        return Seq2SeqAgreement(
            identical=identical(self.expected, self.found),
            largest_logit_difference=_logit_difference(self.keras, self.tflite, self.sources[:LOGIT_SENTENCES]),
            fixed_lengths_identical=identical(self.found, self.found_with_fixed_lengths) if has_fixed else None,
            generate_identical=identical(self.found, in_one_call(self.tflite, self.sources, self.options)),
            beam_identical=self._beam_identical(),
        )

    def web_identical(self, interpreter: tuple[type[Any], str]) -> float:
        """Return the lower of two percentages: from decode steps, and from `generate`."""
        model = TFLiteModel(self.bundle, runtime=interpreter)
        stepwise = step_by_step(model, self.sources, self.options, "verify for the web")
        return min(
            identical(self.found_with_fixed_lengths, found)
            for found in (stepwise, in_one_call(model, self.sources, self.options))
        )

    def _beam_identical(self) -> float | None:
        """Compare beam searches, with the bundle's beam or, if that is 1, with its largest beam size."""
        decoding = self.bundle.manifest.decoding
        beam = decoding["beam"] if decoding["beam"] > 1 else max(self.bundle.manifest.beam_sizes)
        if beam == 1:
            return None
        options = dataclasses.replace(self.options, beam=beam, length_penalty=decoding["length_penalty"])
        sources = self.sources[:BEAM_SENTENCES]
        expected = best_hypotheses(self.keras, sources, options)
        return identical(expected, step_by_step(self.tflite, sources, options, "verify the beam"))

    def _texts(self, hypotheses: Sequence[Hypothesis]) -> list[str]:
        sources = map(self.processor.describe, self.sources)
        texts = (self.tokenizer.decode(found.ids) for found in hypotheses)
        return [self.processor.fill(source, text) for source, text in zip(sources, texts, strict=True)]


def best_hypotheses(model: SequenceModel, sources: Sequence[Features], options: DecodingOptions) -> list[Hypothesis]:
    """Return the best hypothesis for each source. All sources are decoded as one batch."""
    return [best for best, *_ in decode(model, sources, options)]


def step_by_step(
    model: TFLiteModel, sources: Sequence[Features], options: DecodingOptions, doing: str
) -> list[Hypothesis]:
    """Return the best hypothesis for each source from `encode` and decode steps. Shows a progress bar."""
    progress = tqdm(sources, doing, unit="sentence", file=sys.stderr, leave=False, disable=None)
    return [decode_stepwise(model, [source], options)[0][0] for source in progress]


def in_one_call(model: TFLiteModel, sources: Sequence[Features], options: DecodingOptions) -> list[Hypothesis]:
    """Return the greedy hypothesis for each source from `generate`."""
    return [decode(model, [source], options)[0][0] for source in sources]


def identical(expected: Sequence[Hypothesis], found: Sequence[Hypothesis]) -> float:
    """Return the percentage of hypotheses with the same ids."""
    return share([a.ids == b.ids for a, b in zip(expected, found, strict=True)])


def _logit_difference(first: SequenceModel, second: SequenceModel, sources: Sequence[Features]) -> float:
    """Return the largest difference between the logits of the first step."""
    largest = 0.0
    for source in sources:
        a, b = (next(forced_steps(model, [source], [[EOS]])).logits for model in (first, second))
        largest = max(largest, float(np.abs(a - b).max()))
    return round(largest, 6)
