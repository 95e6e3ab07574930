"""Test vectors of classifiers: texts with their label and first logits."""

from collections.abc import Iterator, Sequence
from typing import Annotated, Any, TypedDict

from seq2edge.device.json_types import Items
from seq2edge.device.manifests import caps
from seq2edge.device.manifests.classification import ClassificationManifest
from seq2edge.device.processors.interface import Features
from seq2edge.device.runners.classification import ClassificationRunner
from seq2edge.device.vectors.interface import Ids, Logits, Repeated, difference, first_logits


class Vector(TypedDict):
    """A text with its label and first logits."""

    text: str
    source_ids: Ids
    label: str
    logits: Logits


VECTORS = Annotated[list[Vector], Items(1, caps.VECTORS)]


def contradictions(vectors: Sequence[Vector], manifest: ClassificationManifest) -> Iterator[str]:
    for place, vector in enumerate(vectors):
        if (given := len(vector["logits"])) > (classes := len(manifest.classes)):
            yield f"vectors[{place}].logits must have at most one value per class, {classes}, got {given}"


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
    """Return the most likely label and the logits `(classes,)`."""
    (output,) = runner.model.classify([source])
    return runner.manifest.classes[int(output.logits.argmax())], output.logits
