"""Test vectors of classifiers: the label of a text, and its first logits."""

from typing import Any

from seq2edge.device.processors.interface import Features
from seq2edge.device.runners.classification import ClassificationRunner
from seq2edge.device.vectors.interface import Repeated, difference, first_logits


def record(runner: ClassificationRunner, text: str) -> dict[str, Any]:
    source = runner.processor(text, runner.manifest.source_length)
    label, logits = _classify(runner, source)
    return {
        "text": text,
        "source_ids": source["source_ids"].tolist(),
        "label": label,
        "logits": first_logits(logits),
    }


def repeat(runner: ClassificationRunner, vector: dict[str, Any]) -> Repeated:
    source = runner.processor(vector["text"], runner.manifest.source_length)
    label, logits = _classify(runner, source)
    same = source["source_ids"].tolist() == vector["source_ids"] and label == vector["label"]
    return Repeated(same, difference(vector["logits"], logits))


def _classify(runner: ClassificationRunner, source: Features) -> tuple[str, Any]:
    """The label and the logits `(classes,)`."""
    (output,) = runner.model.classify([source])
    return runner.manifest.classes[int(output.logits.argmax())], output.logits
