"""The family of classifiers, which map a source to a label."""

from collections.abc import Callable, Sequence
from functools import partial
from typing import Any

from seq2edge.device.manifests.classification import ClassificationManifest
from seq2edge.device.runners.classification import ClassificationRunner
from seq2edge.models.classifier import Classifier, build_classifier
from seq2edge.models.config import ClassifierConfig
from seq2edge.models.loss import ClassificationLoss
from seq2edge.pipeline.data.batches import Collate
from seq2edge.pipeline.data.collate import collate_labels
from seq2edge.pipeline.data.dataset import Dataset
from seq2edge.pipeline.families.common import manifest_fields
from seq2edge.pipeline.families.keras_classifier import KerasClassifierModel
from seq2edge.pipeline.recipe_schema.classification import ClassificationRecipe
from seq2edge.pipeline.recipe_schema.recipe import Training

UNCALIBRATED = 1.0  # temperature


def model_config(recipe: ClassificationRecipe, data: Dataset) -> ClassifierConfig:
    return recipe.model.config(data.vocabulary["source"], len(data.labels))


def build_models(config: ClassifierConfig, dtype: str = "float32", unroll: int = 1) -> Classifier:
    return build_classifier(config, dtype, unroll)


def collate(settings: Training) -> Collate:
    return partial(collate_labels, word_dropout=settings.word_dropout)


def loss(settings: Training) -> ClassificationLoss:
    return ClassificationLoss(settings.label_smoothing)


def answers(
    models: Classifier, recipe: ClassificationRecipe, data: Dataset, sources: Sequence[Any]
) -> Callable[[], list[str]]:
    processor, classifier, labels = data.processor(recipe), KerasClassifierModel(models), data.labels
    features = [processor(source, recipe.model.source_length) for source in sources]
    return lambda: [labels[int(output.logits.argmax())] for output in classifier.classify(features)]


def manifest(recipe: ClassificationRecipe, data: Dataset) -> ClassificationManifest:
    language = recipe.data.source_language
    return ClassificationManifest(
        **manifest_fields(recipe, data),
        languages=[language] if language else [],
        vocabulary={"source": data.vocabulary["source"]},
        classes=data.labels,
        temperature=UNCALIBRATED,
    )


def runner(recipe: ClassificationRecipe, data: Dataset, models: Classifier) -> ClassificationRunner:
    return ClassificationRunner(manifest(recipe, data), KerasClassifierModel(models), data.processor(recipe))
