"""Does a bundle say what the model that was scored says? Compare, and refuse what does not."""

import dataclasses
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from tqdm import tqdm

from seq2edge.device.bundle import Bundle
from seq2edge.device.decoding import SequenceModel, decode, decode_stepwise
from seq2edge.device.errors import UserError
from seq2edge.device.interpreter import TFLiteModel
from seq2edge.device.options import DecodingOptions
from seq2edge.device.search import Hypothesis
from seq2edge.device.text import TextCodec
from seq2edge.export.beam import GraphBeam
from seq2edge.models.seq2seq import Seq2Seq
from seq2edge.pipeline.keras_decoding import KerasSequenceModel
from seq2edge.pipeline.metrics import scores
from seq2edge.pipeline.run import Run
from seq2edge.pipeline.scoring import Example, examples

SENTENCES = 300  # of the test set; all of it where it is smaller
ALLOWED = {"none": 1e-3, "float16": 0.05}  # largest difference of first-step logits; int8 is judged by its score


def verify_bundle(run: Run, model: Seq2Seq, bundle: Bundle, sentences: int = SENTENCES) -> Bundle:
    """Compare a bundle with the Keras model on test sentences, greedily, and write the result into it.

    A shortlist is left aside for that, and its own score stands beside the others.

    Raises:
        UserError: If float32 does not give the same ids for every sentence.
    """
    expected = test_examples(run, sentences)
    codec = run.data.codec()
    ids = [codec.encode_source(example.source, bundle.source_length) for example in expected]
    options = DecodingOptions(max_length=bundle.target_length, shortlist=False)
    keras_model, tflite = KerasSequenceModel(model), TFLiteModel(bundle)
    reference = [best for best, *_ in decode(keras_model, ids, options)]
    found = _decode_each(tflite, ids, options, f"verify {bundle.quantization}")
    agreement = compare(reference, found)
    agreement["largest_logit_difference"] = _logit_difference(keras_model, tflite, ids[:50])
    in_one_call = [decode(tflite, [source], options)[0][0] for source in ids]
    agreement["generate_identical"] = compare(found, in_one_call)["identical"]
    if bundle.quantization == "none" and agreement["identical"] < 100:
        raise UserError(
            f"{bundle.path}: the float32 file differs from Keras on {100 - agreement['identical']:.1f} % of "
            f"{len(ids)} sentences; the bundle was not written"
        )
    result = {
        "test_sentences": len(expected),
        "keras": _scores(codec, reference, expected),
        "bundle": _scores(codec, found, expected),
        "agreement_with_keras": agreement,
    }
    if tflite.shortlist:
        short = _decode_each(tflite, ids, dataclasses.replace(options, shortlist=True), "verify the shortlist")
        result["shortlist"] = _scores(codec, short, expected) | compare(found, short)
    return dataclasses.replace(bundle, scores=result, verified_on=[tflite.runtime])


def _decode_each(
    model: TFLiteModel, sources: Sequence[np.ndarray], options: DecodingOptions, doing: str
) -> list[Hypothesis]:
    progress = tqdm(sources, doing, unit="sentence", file=sys.stderr, leave=False)
    return [decode_stepwise(model, [source], options)[0][0] for source in progress]


def verify_saved_model(run: Run, path: Path, search: GraphBeam, sentences: int = SENTENCES) -> dict[str, float]:
    """Share in percent of test sentences for which each text → text signature says what Keras says."""
    import tensorflow as tf

    from seq2edge.export.text_model import load_signatures

    expected = test_examples(run, sentences)
    codec, model = run.data.codec(), KerasSequenceModel(run.model())
    ids = [codec.encode_source(example.source, run.recipe.model.source_length) for example in expected]
    greedy = DecodingOptions(max_length=search.max_length)
    beam = DecodingOptions(search.beam, 1, search.max_length, search.length_penalty)
    functions, sources = load_signatures(path), tf.constant([example.source for example in expected])
    shares = {}
    for signature, options in {"serving_default": greedy, "beam": beam}.items():
        found = functions[signature](text=sources)["text"].numpy()
        wanted = [codec.decode_target(best.ids) for best, *_ in decode(model, ids, options)]
        shares[signature] = share([text.decode("utf-8") == said for text, said in zip(found, wanted, strict=True)])
    return shares


def test_examples(run: Run, sentences: int) -> list[Example]:
    """The first test sentences, or those of validation where a recipe has no test set."""
    pairs = list(run.data.texts("test")) or list(run.data.texts("valid"))
    return examples(pairs, run.recipe.task)[:sentences]


def compare(reference: Sequence[Hypothesis], found: Sequence[Hypothesis]) -> dict[str, Any]:
    """Share of identical outputs in percent."""
    return {"identical": share([a.ids == b.ids for a, b in zip(reference, found, strict=True)])}


def share(hits: Sequence[bool]) -> float:
    return round(100 * sum(hits) / max(len(hits), 1), 2)


def _scores(codec: TextCodec, hypotheses: Sequence[Hypothesis], expected: Sequence[Example]) -> dict[str, Any]:
    return scores([codec.decode_target(hypothesis.ids) for hypothesis in hypotheses], expected)


def _logit_difference(first: SequenceModel, second: SequenceModel, sources: Sequence[np.ndarray]) -> float:
    """Largest difference of the first step's logits."""
    largest = 0.0
    for source in sources:
        logits = []
        for model in (first, second):
            memory, states = model.encode([source])
            logits.append(model.step(np.array([2], np.int32), memory, np.array([0]), states).logits)
        largest = max(largest, float(np.abs(logits[0] - logits[1]).max()))
    return round(largest, 6)
