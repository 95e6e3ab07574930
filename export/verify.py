"""Verifies a bundle against the Keras model it was made of: refuses it, or records its scores and agreement."""

from collections.abc import Sequence
from typing import Any

from seq2edge.device.bundle import Bundle
from seq2edge.device.errors import UserError
from seq2edge.device.manifests.seq2seq import Seq2SeqManifest
from seq2edge.device.search.hypothesis import Hypothesis
from seq2edge.device.tasks import TASKS
from seq2edge.device.tflite_seq2seq import TFLiteModel
from seq2edge.export.agreement import Agreement, Comparison, in_one_call, step_by_step
from seq2edge.export.held_out import SENTENCES, held_out_examples, identical, source_features
from seq2edge.models.seq2seq import Seq2Seq
from seq2edge.pipeline.evaluation.metrics.registry import basic_scores
from seq2edge.pipeline.run import Run


def verify_bundle(
    run: Run, model: Seq2Seq, bundle: Bundle[Seq2SeqManifest], max_score_loss: float | None = None
) -> Bundle[Seq2SeqManifest]:
    """Compare a bundle with the Keras model on held-out sentences.

    The whole vocabulary is searched for that; a shortlist gets a score of its own.

    Args:
        model: The run's model.
        bundle: A bundle whose files are in its folder.
        max_score_loss: Points of the task's main metric that the bundle may lose over the whole test set. None:
            any number, and only the first sentences are compared.

    Returns:
        The bundle with its scores and the runtimes it was verified on.

    Raises:
        UserError: If a float32 bundle does not give the same ids for every sentence, a browser's runtime gives other
            ids than the Interpreter, or more of the score is lost.
    """
    examples = held_out_examples(run, SENTENCES if max_score_loss is None else None)
    tokenizer = run.data.target_tokenizer()

    def scored(hypotheses: Sequence[Hypothesis]) -> dict[str, Any]:
        return basic_scores(run.recipe.task, [tokenizer.decode(found.ids) for found in hypotheses], examples)

    comparison = Comparison(bundle, model, source_features(run, examples))
    agreement = comparison.agreement()
    if bundle.manifest.quantization == "none":
        _require_identical(bundle, agreement, len(examples))
    result = {
        "test_sentences": len(examples),
        "keras": scored(comparison.expected),
        "bundle": scored(comparison.found),
        "agreement_with_keras": agreement.to_json(),
    }
    verified_on = [comparison.tflite.runtime]
    if "web" in bundle.manifest.runtimes:
        verified_on.append(_check_web(comparison))
    if (short := comparison.found_with_shortlist) is not None:
        result["shortlist"] = scored(short) | {"identical": identical(comparison.found, short)}
    if max_score_loss is not None:
        check_score_loss(bundle, run.recipe.task, result, max_score_loss)
    return bundle.with_manifest(scores=result, verified_on=verified_on)


def check_score_loss(bundle: Bundle[Seq2SeqManifest], task: str, result: dict[str, Any], allowed: float) -> None:
    """Refuse a bundle that loses too much of the score.

    Args:
        result: Scores of "keras", "bundle", and "shortlist" if it has one.
        allowed: Points of the task's score.

    Raises:
        UserError: With what is lost and what is allowed.
    """
    key = TASKS[task].main_metric
    for name in ("bundle", "shortlist"):
        if name in result and (lost := result["keras"][key] - result[name][key]) > allowed:
            what = "with its shortlist" if name == "shortlist" else bundle.manifest.quantization
            raise UserError(
                f"{bundle.path}: {what} it loses {lost:.2f} of Keras' {result['keras'][key]} {key} over "
                f"{result['test_sentences']} test sentences, allowed are {allowed}; the bundle was not written"
            )


def _require_identical(bundle: Bundle[Seq2SeqManifest], agreement: Agreement, sentences: int) -> None:
    if agreement.lowest < 100:
        raise UserError(
            f"{bundle.path}: the float32 file differs from Keras on {100 - agreement.lowest:.1f} % of {sentences} "
            "sentences; the bundle was not written"
        )


def _check_web(comparison: Comparison) -> str:
    """Refuse a file that gives other outputs where browsers run it; return the runtime it was checked with."""
    from ai_edge_litert import __version__ as version

    from seq2edge.export.tflite.compiled import CompiledInterpreter

    bundle, sources, options = comparison.bundle, comparison.sources, comparison.options
    compiled = TFLiteModel(bundle, runtime=(CompiledInterpreter, f"LiteRT CompiledModel {version}"))
    expected = comparison.found_with_fixed_lengths or []
    stepwise = step_by_step(compiled, sources, options, "verify for the web")
    lowest = min(identical(expected, found) for found in (stepwise, in_one_call(compiled, sources, options)))
    if lowest < 100:
        raise UserError(
            f"{bundle.path}: {compiled.runtime}, on which browsers' runtimes are built, differs from "
            f"LiteRT's Interpreter on {100 - lowest:.1f} % of {len(sources)} sentences; the bundle was not written"
        )
    return compiled.runtime
