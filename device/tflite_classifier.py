"""Runs the model file of a classifier."""

from collections.abc import Sequence
from typing import Any

from seq2edge.device import signature_names
from seq2edge.device.bundle import Bundle
from seq2edge.device.classifier_model import ClassifierModel, ClassifierOutput
from seq2edge.device.interpreter import ModelFile
from seq2edge.device.manifests.classification import ClassificationManifest
from seq2edge.device.processors.interface import Features


class TFLiteClassifier(ClassifierModel):
    """A `seq2edge.device.classifier_model.ClassifierModel` that runs model.tflite, one source at a time.

    Arguments and errors are those of `ModelFile`.
    """

    def __init__(
        self,
        bundle: Bundle[ClassificationManifest],
        threads: int = 1,
        num_interpreters: int = 1,
        runtime: tuple[type[Any], str] | None = None,
    ):
        self.file = ModelFile(bundle, threads, num_interpreters, runtime)
        self.runtime = self.file.runtime

    def classify(self, sources: Sequence[Features]) -> list[ClassifierOutput]:
        return [self._classify(source) for source in sources]

    def _classify(self, source: Features) -> ClassifierOutput:
        padded, fixed = self.file.pad(source)
        outputs = self.file.run(signature_names.classify(fixed), **padded)
        attention = outputs["attention"][0] if "attention" in outputs else None
        return ClassifierOutput(outputs["logits"][0], attention)
