"""Verifies a bundle against its Keras model, and records scores and agreement."""

from collections.abc import Sequence
from typing import Any

from seq2edge.device.bundle import AnyManifest, Bundle
from seq2edge.device.errors import UserError
from seq2edge.device.manifests.common import Manifest
from seq2edge.device.tasks import TASKS
from seq2edge.export.card import scored_systems
from seq2edge.export.families.interface import Agreement, Comparison
from seq2edge.export.families.registry import family_of
from seq2edge.export.held_out import SENTENCES, held_out_examples, source_features
from seq2edge.pipeline.evaluation.metrics.registry import basic_scores
from seq2edge.pipeline.run import Run


def verify_bundle(
    run: Run, model: Any, bundle: Bundle[AnyManifest], max_score_loss: float | None = None
) -> Bundle[AnyManifest]:
    """Compare a bundle with the Keras model on held-out sentences.

    Args:
        run: The run.
        model: The model of the run.
        bundle: A bundle whose files are in its folder.
        max_score_loss: Largest loss, in points of the task's main metric on the whole test set. None: any loss is
            accepted, and only the first sentences are compared.

    Returns:
        The bundle with its scores and the runtimes that it was verified on.

    Raises:
        UserError: If a float32 bundle does not give the same answer to every sentence, a browser's runtime gives other
            answers than the Interpreter, or the loss is too large.
    """
    examples = held_out_examples(run, SENTENCES if max_score_loss is None else None)

    def scored(answers: Sequence[str]) -> dict[str, Any]:
        return basic_scores(run.recipe.task, answers, examples)

    comparison = family_of(run.recipe.task).compare(run, model, bundle, source_features(run, examples))
    agreement = comparison.agreement()
    if bundle.manifest.quantization == "none":
        _require_identical(bundle, agreement, len(examples))
    result = {
        "test_sentences": len(examples),
        "search": comparison.search,
        "keras": scored(comparison.keras_answers()),
        "bundle": scored(comparison.bundle_answers()),
        "agreement_with_keras": agreement.to_json(),
    }
    verified_on = [comparison.runtime]
    if "web" in bundle.manifest.runtimes:
        verified_on.append(_check_web(bundle, comparison, len(examples)))
    for name, variant in comparison.variants().items():
        result[name] = scored(variant.answers) | {"identical_to_bundle": variant.identical}
    if max_score_loss is not None:
        check_score_loss(bundle, run.recipe.task, result, max_score_loss)
    return bundle.with_manifest(scores=result, verified_on=verified_on)


def check_score_loss(bundle: Bundle[Manifest], task: str, result: dict[str, Any], allowed: float) -> None:
    """Refuse a bundle that loses too much of the score.

    Args:
        bundle: The bundle.
        task: Name of the task.
        result: Scores of "keras", "bundle", and other ways to run the bundle.
        allowed: Largest loss in points of the task's main metric.

    Raises:
        UserError: If the loss is larger. The message has the loss and the allowed loss.
    """
    key = TASKS[task].main_metric
    keras = result["keras"][key]
    for name, values in scored_systems(result).items():
        if (lost := keras - values[key]) > allowed:
            what = bundle.manifest.quantization + ("" if name == "bundle" else f" with its {name}")
            raise UserError(
                f"{bundle.path}: {what} loses {lost:.2f} of Keras' {keras} {key} over {result['test_sentences']} test "
                f"sentences, more than max_score_loss = {allowed}; the bundle was not written"
            )


def _require_identical(bundle: Bundle[Manifest], agreement: Agreement, sentences: int) -> None:
    if agreement.lowest < 100:
        raise UserError(
            f"{bundle.path}: the float32 file differs from Keras on {100 - agreement.lowest:.1f} % of {sentences} "
            "sentences; the bundle was not written"
        )


def _check_web(bundle: Bundle[Manifest], comparison: Comparison, sentences: int) -> str:
    """Refuse a file that gives other outputs in a browser's runtime. Returns the runtime that was used to check it."""
    from ai_edge_litert import __version__ as version

    from seq2edge.export.tflite.compiled import CompiledInterpreter

    runtime = f"LiteRT CompiledModel {version}"
    identical = comparison.web_identical((CompiledInterpreter, runtime))
    if identical < 100:
        raise UserError(
            f"{bundle.path}: {runtime}, on which browsers' runtimes are built, differs from "
            f"LiteRT's Interpreter on {100 - identical:.1f} % of {sentences} sentences; the bundle was not written"
        )
    return runtime
