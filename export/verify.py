"""Does a bundle say what the model that was scored says? Compare, and refuse what does not."""

import dataclasses
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from tqdm import tqdm

from seq2edge.device.bundle import Bundle
from seq2edge.device.errors import UserError
from seq2edge.device.interpreter import TFLiteModel
from seq2edge.device.search.decoding import decode, decode_stepwise, forced_steps
from seq2edge.device.search.hypothesis import Hypothesis
from seq2edge.device.search.model import SequenceModel
from seq2edge.device.search.options import DecodingOptions
from seq2edge.device.special_ids import EOS
from seq2edge.device.text import TextCodec
from seq2edge.export.beam import GraphBeam
from seq2edge.models.seq2seq import Seq2Seq
from seq2edge.pipeline.evaluation.examples import Example, examples
from seq2edge.pipeline.evaluation.metrics.registry import basic_scores, main_score
from seq2edge.pipeline.keras_decoding import KerasSequenceModel
from seq2edge.pipeline.run import Run

SENTENCES = 300  # of the test set; all of it where it is smaller
BEAM_SENTENCES = 50


def verify_bundle(run: Run, model: Seq2Seq, bundle: Bundle, max_score_loss: float | None = None) -> Bundle:
    """Compare a bundle with the Keras model on test sentences, some of them with a beam, and write the result into it.

    A shortlist is left aside for that, and its own score stands beside the others.

    Args:
        max_score_loss: Points of the task's score (BLEU, or exact match of a chat) that the bundle may lose, over the
            whole test set; None: any number of them, over its first sentences.

    Raises:
        UserError: If float32 does not give the same ids for every sentence, a browser's runtime gives others than the
            Interpreter, or more of the score is lost.
    """
    expected = test_examples(run, SENTENCES if max_score_loss is None else None)
    codec = run.data.codec()
    ids = [codec.encode_source(example.source, bundle.source_length) for example in expected]
    options = DecodingOptions(max_length=bundle.target_length, shortlist=False)
    keras_model, tflite = KerasSequenceModel(model), TFLiteModel(_open_lengths(bundle))
    reference = [best for best, *_ in decode(keras_model, ids, options)]
    found = _decode_each(tflite, ids, options, f"verify {bundle.quantization}")
    agreement = compare(reference, found)
    agreement["largest_logit_difference"] = _logit_difference(keras_model, tflite, ids[:50])
    in_one_call = [decode(tflite, [source], options)[0][0] for source in ids]
    agreement["generate_identical"] = compare(found, in_one_call)["identical"]
    beam = dataclasses.replace(options, beam=_beam_of(bundle), length_penalty=bundle.decoding["length_penalty"])
    if beam.beam > 1:
        some = ids[:BEAM_SENTENCES]
        wanted = [best for best, *_ in decode(keras_model, some, beam)]
        agreement["beam_identical"] = compare(wanted, _decode_each(tflite, some, beam, "verify the beam"))["identical"]
    if bundle.fixed_lengths:
        fixed = _decode_each(TFLiteModel(bundle), ids, options, "verify fixed lengths")
        agreement["fixed_lengths_identical"] = compare(found, fixed)["identical"]
    shares = {key: value for key, value in agreement.items() if key.endswith("identical")}
    if bundle.quantization == "none" and min(shares.values()) < 100:
        raise UserError(
            f"{bundle.path}: the float32 file differs from Keras on {100 - min(shares.values()):.1f} % of "
            f"{len(ids)} sentences; the bundle was not written"
        )
    result = {
        "test_sentences": len(expected),
        "keras": _scores(codec, reference, expected),
        "bundle": _scores(codec, found, expected),
        "agreement_with_keras": agreement,
    }
    verified_on = [tflite.runtime]
    if "web" in bundle.runtimes:
        verified_on.append(_check_web(bundle, ids, options, fixed))
    if tflite.shortlist:
        short = _decode_each(tflite, ids, dataclasses.replace(options, shortlist=True), "verify the shortlist")
        result["shortlist"] = _scores(codec, short, expected) | compare(found, short)
    if max_score_loss is not None:
        check_score_loss(bundle, run.recipe.task, result, max_score_loss)
    return dataclasses.replace(bundle, scores=result, verified_on=verified_on)


def _beam_of(bundle: Bundle) -> int:
    """The beam a bundle is compared with: its own, or beside a greedy one the largest it has steps for."""
    return bundle.decoding["beam"] if bundle.decoding["beam"] > 1 else max(bundle.beam_sizes)


def _open_lengths(bundle: Bundle) -> Bundle:
    """The bundle as if it had no signatures of fixed lengths, which a runner prefers."""
    fixed = tuple(f"_s{length}" for length in bundle.fixed_lengths)
    signatures = {name: specs for name, specs in bundle.signatures.items() if not name.endswith(fixed)}
    return dataclasses.replace(bundle, signatures=signatures)


def _check_web(bundle: Bundle, ids: Sequence[np.ndarray], options: DecodingOptions, found: Sequence[Hypothesis]) -> str:
    """Refuse a file that gives other words where browsers run it; else the name of what it was checked with."""
    from ai_edge_litert import __version__ as version

    from seq2edge.export.tflite.compiled import CompiledInterpreter

    compiled = TFLiteModel(bundle, runtime=(CompiledInterpreter, f"LiteRT CompiledModel {version}"))
    step_by_step = _decode_each(compiled, ids, options, "verify for the web")
    in_one_call = [decode(compiled, [source], options)[0][0] for source in ids]
    identical = min(compare(found, said)["identical"] for said in (step_by_step, in_one_call))
    if identical < 100:
        raise UserError(
            f"{bundle.path}: {compiled.runtime}, on which browsers' runtimes are built, differs from "
            f"LiteRT's Interpreter on {100 - identical:.1f} % of {len(ids)} sentences; the bundle was not written"
        )
    return compiled.runtime


def check_score_loss(bundle: Bundle, task: str, result: dict[str, Any], allowed: float) -> None:
    """Refuse a bundle that loses too much.

    Args:
        result: Scores of "keras", "bundle", and "shortlist" where it has one.
        allowed: Points of the task's score.

    Raises:
        UserError: With what was lost and what is allowed.
    """
    key = main_score(task)
    for name in ("bundle", "shortlist"):
        if name in result and (lost := result["keras"][key] - result[name][key]) > allowed:
            what = "with its shortlist" if name == "shortlist" else bundle.quantization
            raise UserError(
                f"{bundle.path}: {what} it loses {lost:.2f} of Keras' {result['keras'][key]} {key} over "
                f"{result['test_sentences']} test sentences, allowed are {allowed}; the bundle was not written"
            )


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
    functions, sources = load_signatures(path), tf.constant([example.source for example in expected])
    shares = {}
    for signature, options in zip(("serving_default", "beam"), searches(search), strict=True):
        found = functions[signature](text=sources)["text"].numpy()
        wanted = [codec.decode_target(best.ids) for best, *_ in decode(model, ids, options)]
        shares[signature] = share([text.decode("utf-8") == said for text, said in zip(found, wanted, strict=True)])
    return shares


def searches(search: GraphBeam) -> tuple[DecodingOptions, DecodingOptions]:
    """What a whole model is compared with: a greedy search, and one with the beam."""
    beam = DecodingOptions(beam=search.beam, max_length=search.max_length, length_penalty=search.length_penalty)
    return DecodingOptions(max_length=search.max_length), beam


def test_examples(run: Run, sentences: int | None) -> list[Example]:
    """The first test sentences, or all; those of validation where a recipe has no test set."""
    pairs = list(run.data.texts("test")) or list(run.data.texts("valid"))
    return examples(pairs, run.recipe.task)[:sentences]


def compare(reference: Sequence[Hypothesis], found: Sequence[Hypothesis]) -> dict[str, Any]:
    """Share of identical outputs in percent."""
    return {"identical": share([a.ids == b.ids for a, b in zip(reference, found, strict=True)])}


def share(hits: Sequence[bool]) -> float:
    return round(100 * sum(hits) / max(len(hits), 1), 2)


def _scores(codec: TextCodec, hypotheses: Sequence[Hypothesis], expected: Sequence[Example]) -> dict[str, Any]:
    return basic_scores([codec.decode_target(hypothesis.ids) for hypothesis in hypotheses], expected)


def _logit_difference(first: SequenceModel, second: SequenceModel, sources: Sequence[np.ndarray]) -> float:
    """Largest difference of the first step's logits."""
    largest = 0.0
    for source in sources:
        logits = []
        for model in (first, second):
            logits.append(next(forced_steps(model, [source], [[EOS]])).logits)
        largest = max(largest, float(np.abs(logits[0] - logits[1]).max()))
    return round(largest, 6)
