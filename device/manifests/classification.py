"""The manifest of a classifier."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Annotated, ClassVar, TypedDict

from seq2edge.device.json_types import Between, Items
from seq2edge.device.manifests import caps
from seq2edge.device.manifests.common import Manifest, VocabularySize
from seq2edge.device.signature_names import classify

SHOWN_CLASSES = 10  # in the description of a bundle


class SourceVocabulary(TypedDict):
    """The number of source tokens."""

    source: VocabularySize


@dataclass(frozen=True, kw_only=True)
class ClassificationManifest(Manifest):
    """Manifest of a classifier. For a fixed source length L there is a signature classify_sL.

    Attributes:
        vocabulary: Number of source tokens.
        classes: Names of the labels, in the order of the logits.
        temperature: The logits are divided by it before the softmax. It calibrates the probabilities on validation data
            (Guo et al. 2017).
    """

    TEXT_SIDES: ClassVar[tuple[str, ...]] = ("source",)

    vocabulary: SourceVocabulary
    classes: Annotated[list[str], Items(1, caps.CLASSES)]
    temperature: Annotated[float, Between(1e-3, 1e3)]

    def required_signatures(self) -> set[str]:
        return {classify(length) for length in (None, *self.fixed_lengths)}

    def facts(self) -> Iterator[tuple[str, str]]:
        yield from super().facts()
        yield "vocabulary", f"{self.vocabulary['source']} tokens"
        yield "lengths", f"source up to {self.source_length} tokens"
        more = f" and {len(self.classes) - SHOWN_CLASSES} more" if len(self.classes) > SHOWN_CLASSES else ""
        yield "classes", ", ".join(self.classes[:SHOWN_CLASSES]) + more
        yield "temperature", f"{self.temperature:g}"

    def contradictions(self) -> Iterator[str]:
        if len(set(self.classes)) < len(self.classes):
            yield "classes must have different names, got the same name twice"
        for name in self.required_signatures() & self.signatures.keys():
            logits = self.signatures[name]["outputs"].get("logits", {"shape": []})["shape"]
            if logits[-1:] != [len(self.classes)]:
                yield f"classes must have a name for each logit of {name}, {logits}, got {len(self.classes)} names"
        yield from self.special_id_contradictions(self.vocabulary["source"])
        yield from super().contradictions()
