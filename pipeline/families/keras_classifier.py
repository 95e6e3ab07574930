"""Adapts a Keras classifier to the device's runner, so that it is scored with the code that runs on the device."""

from collections.abc import Sequence

from seq2edge.device.batching import batched, pad_sources
from seq2edge.device.classifier_model import ClassifierModel, ClassifierOutput
from seq2edge.device.processors.interface import Features, source_length
from seq2edge.models.classifier import Classifier
from seq2edge.models.encoders.build import padded_length

BATCH_SIZE = 64


class KerasClassifierModel(ClassifierModel):
    """A `seq2edge.device.classifier_model.ClassifierModel` that calls `Classifier.classify`."""

    def __init__(self, model: Classifier):
        self.model = model.classify
        self.model.jit_compile = False  # there are too many shapes to compile

    def classify(self, sources: Sequence[Features]) -> list[ClassifierOutput]:
        outputs: list[ClassifierOutput] = []
        for batch in batched(sources, BATCH_SIZE):
            length = padded_length(max(map(source_length, batch)))
            padded = pad_sources(batch, length)
            found = self.model.predict_on_batch(padded[self.model.input.name])
            attention = found.get("attention", [None] * len(batch))
            outputs += [ClassifierOutput(*row) for row in zip(found["logits"], attention, strict=True)]
        return outputs
