"""What a family of models offers for an export. A family is a module with these functions."""

import dataclasses
from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal, NamedTuple, Protocol

from seq2edge.device.bundle import Bundle
from seq2edge.device.manifests.common import Signature
from seq2edge.device.processors.interface import Features
from seq2edge.export.options import BundleSettings
from seq2edge.pipeline.run import Run

Extra = Literal["saved-model", "onnx", "suggest-float"]  # an export beside bundles, as its flag is named


class Savable(Protocol):
    """A `tf.Module` whose functions can be written as a SavedModel.

    Attributes:
        functions: TensorFlow functions by the names of their signatures.
    """

    functions: Mapping[str, Any]

    def save(self, path: Path) -> None:
        """Write a SavedModel with these functions as signatures."""


@dataclass(frozen=True)
class Agreement:
    """How far a bundle agrees with Keras, as in bundle.json. Shares are in percent of the sources.

    Attributes:
        identical: Same answer as Keras.
        largest_logit_difference: Between the logits of the bundle and Keras.
        fixed_lengths_identical: Same answer from the signatures of fixed lengths as from the others; None if there are
            no such signatures.
    """

    identical: float
    largest_logit_difference: float
    fixed_lengths_identical: float | None

    @property
    def lowest(self) -> float:
        """The smallest of the shares."""
        return min(value for name, value in self.to_json().items() if name.endswith("identical"))

    def to_json(self) -> dict[str, float]:
        return {name: value for name, value in dataclasses.asdict(self).items() if value is not None}


class Variant(NamedTuple):
    """Further answers of a bundle, with the share in percent that are the same as its usual ones."""

    answers: list[str]
    identical: float


class Comparison(ABC):
    """A bundle beside the Keras model it was made of, both answering the same sources.

    Attributes:
        runtime: What runs the bundle.
        search: How answers are searched; "" if nothing is.
    """

    runtime: str
    search: str = ""

    @abstractmethod
    def keras_answers(self) -> list[str]:
        """Keras' answer to each source."""

    @abstractmethod
    def bundle_answers(self) -> list[str]:
        """The bundle's answer to each source."""

    @abstractmethod
    def agreement(self) -> Agreement:
        """Compare the bundle's outputs with Keras' and with each other."""

    @abstractmethod
    def web_identical(self, interpreter: tuple[type[Any], str]) -> float:
        """The share in percent of sources with the same answer from a browser's runtime as from LiteRT's Interpreter.

        Args:
            interpreter: An Interpreter class over the browser's runtime, and its name.
        """

    def variants(self) -> dict[str, Variant]:
        """Other ways to run the bundle that get scores of their own, by name."""
        return {}


class Family(Protocol):
    """The functions of a family. `model` is what `Run.model` returns for one of the family's runs."""

    EXTRAS: tuple[Extra, ...]

    def signatures(self, run: Run[Any], model: Any, settings: BundleSettings) -> Savable:
        """The functions of a bundle's model file."""

    def manifest_fields(self, run: Run[Any], model: Any, signatures: dict[str, Signature]) -> dict[str, Any]:
        """The fields of the manifest that only this family has, beside those of `Run.manifest`.

        Args:
            signatures: Those of the model file.
        """

    def write_files(self, run: Run[Any], settings: BundleSettings, folder: Path) -> None:
        """Write what the family's runner loads beside the model and the tokenizers."""

    def compare(self, run: Run[Any], model: Any, bundle: Bundle[Any], sources: Sequence[Features]) -> Comparison:
        """Compare a bundle whose files are in its folder with the Keras model."""

    def text_model(self, run: Run[Any]) -> Savable:
        """Functions that take texts, for a SavedModel."""

    def text_model_answers(self, run: Run[Any], sources: Sequence[Features]) -> dict[tuple[str, str], list[str]]:
        """Keras' answers to sources, by the signature of `text_model` and the output that gives the same."""
