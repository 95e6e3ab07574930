"""Compares the labels of a bundle with those of the Keras classifier that it was exported from."""

from collections.abc import Sequence
from functools import cached_property
from typing import Any

import numpy as np

from seq2edge.device.bundle import Bundle
from seq2edge.device.classifier_model import ClassifierModel
from seq2edge.device.manifests.classification import ClassificationManifest
from seq2edge.device.processors.interface import Features
from seq2edge.device.tflite_classifier import TFLiteClassifier
from seq2edge.export.families.interface import Agreement, Comparison
from seq2edge.export.held_out import share
from seq2edge.models.classifier import Classifier
from seq2edge.pipeline.families.keras_classifier import KerasClassifierModel


class ClassifierComparison(Comparison):
    """Compares a bundle with its Keras classifier.

    Args:
        bundle: A bundle whose files are in its folder.
        model: The Keras model.
        sources: Unpadded features of each source.
    """

    def __init__(self, bundle: Bundle[ClassificationManifest], model: Classifier, sources: Sequence[Features]):
        self.bundle, self.model, self.sources = bundle, model, sources
        self.tflite = TFLiteClassifier(bundle.with_manifest(fixed_lengths=[]))  # otherwise it would use these
        self.runtime = self.tflite.runtime

    @cached_property
    def expected(self) -> np.ndarray:
        """Logits of Keras, `(sources, classes)`."""
        return self._logits(KerasClassifierModel(self.model))

    @cached_property
    def found(self) -> np.ndarray:
        """Logits of the bundle, `(sources, classes)`."""
        return self._logits(self.tflite)

    @cached_property
    def found_with_fixed_lengths(self) -> np.ndarray:
        """Logits from the bundle's signatures of fixed lengths."""
        return self._logits(TFLiteClassifier(self.bundle))

    def keras_answers(self) -> list[str]:
        return self._labels(self.expected)

    def bundle_answers(self) -> list[str]:
        return self._labels(self.found)

    def agreement(self) -> Agreement:
        has_fixed = bool(self.bundle.manifest.fixed_lengths)
        return Agreement(
            identical=_same_label(self.expected, self.found),
            largest_logit_difference=round(float(np.abs(self.expected - self.found).max()), 6),
            fixed_lengths_identical=_same_label(self.found, self.found_with_fixed_lengths) if has_fixed else None,
        )

    def web_identical(self, interpreter: tuple[type[Any], str]) -> float:
        return _same_label(
            self.found_with_fixed_lengths, self._logits(TFLiteClassifier(self.bundle, runtime=interpreter))
        )

    def _logits(self, model: ClassifierModel) -> np.ndarray:
        return np.stack([output.logits for output in model.classify(self.sources)])

    def _labels(self, logits: np.ndarray) -> list[str]:
        return [self.bundle.manifest.classes[label] for label in logits.argmax(axis=1)]


def _same_label(expected: np.ndarray, found: np.ndarray) -> float:
    """Return the percentage of rows of logits with the same label."""
    return share(list(expected.argmax(axis=1) == found.argmax(axis=1)))
