"""The export of classifiers: a signature from a source to logits, and the temperature of the probabilities."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from seq2edge.device.bundle import Bundle
from seq2edge.device.manifests.classification import ClassificationManifest
from seq2edge.device.manifests.common import Signature
from seq2edge.device.processors.interface import Features
from seq2edge.export.families.classifier_comparison import ClassifierComparison
from seq2edge.export.families.classifier_signatures import ClassifierSignatures
from seq2edge.export.families.interface import Extra, Savable
from seq2edge.export.options import BundleSettings
from seq2edge.models.classifier import Classifier
from seq2edge.pipeline.evaluation.temperature import fit_temperature
from seq2edge.pipeline.families.classification import UNCALIBRATED
from seq2edge.pipeline.families.keras_classifier import KerasClassifierModel
from seq2edge.pipeline.recipe_schema.classification import ClassificationRecipe
from seq2edge.pipeline.run import Run

EXTRAS: tuple[Extra, ...] = ("saved-model",)


def signatures(run: Run[ClassificationRecipe], model: Classifier, settings: BundleSettings) -> ClassifierSignatures:
    return ClassifierSignatures(model, settings.fixed_lengths)


def manifest_fields(
    run: Run[ClassificationRecipe], model: Classifier, signatures: dict[str, Signature]
) -> dict[str, Any]:
    return {"temperature": calibrated_temperature(run, model)}


def measured_fields(run: Run[ClassificationRecipe], bundle: Bundle[ClassificationManifest]) -> dict[str, Any]:
    return {}


def calibrated_temperature(run: Run[ClassificationRecipe], model: Classifier) -> float:
    """Return the temperature that calibrates the model on the validation data."""
    pairs, index_of = list(run.data.texts("valid")), {label: index for index, label in enumerate(run.data.labels)}
    if not pairs:
        return UNCALIBRATED
    processor, length = run.data.processor(run.recipe), run.recipe.model.source_length
    outputs = KerasClassifierModel(model).classify([processor(pair.source, length) for pair in pairs])
    logits, labels = (
        np.stack([output.logits for output in outputs]),
        np.array([index_of[pair.target] for pair in pairs]),
    )
    return round(fit_temperature(logits, labels), 4)


def write_files(run: Run[ClassificationRecipe], settings: BundleSettings, folder: Path) -> None:
    """Write nothing. A classifier's runner needs only the model and the tokenizer."""


def compare(
    run: Run[ClassificationRecipe],
    model: Classifier,
    bundle: Bundle[ClassificationManifest],
    sources: Sequence[Features],
) -> ClassifierComparison:
    return ClassifierComparison(bundle, model, sources)


def text_model(run: Run[ClassificationRecipe]) -> Savable:
    """Return functions from text to labels and their probabilities."""
    from seq2edge.export.families.classifier_text_model import ClassifierTextModel  # tensorflow-text may be missing
    from seq2edge.export.text_codec import GraphTextEncoder

    recipe, model = run.recipe, run.model()
    tokenizer = run.data.tokenizers[0].read_bytes()
    encoder = GraphTextEncoder(tokenizer, recipe.data.normalisation, recipe.model.source_length)
    return ClassifierTextModel(model, encoder, run.data.labels, calibrated_temperature(run, model))


def text_model_answers(run: Run[ClassificationRecipe], sources: Sequence[Features]) -> dict[tuple[str, str], list[str]]:
    outputs = KerasClassifierModel(run.model()).classify(sources)
    return {("serving_default", "label"): [run.data.labels[int(output.logits.argmax())] for output in outputs]}
