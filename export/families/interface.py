"""The interface of a family of models for an export. A family is a module with these functions."""

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

Extra = Literal["saved-model", "onnx", "suggest-float"]  # exports other than bundles, by the name of their flag


class Savable(Protocol):
    """A `tf.Module` whose functions can be written as a SavedModel.

    Attributes:
        functions: TensorFlow functions by the name of their signature.
    """

    functions: Mapping[str, Any]

    def save(self, path: Path) -> None:
        """Write a SavedModel with these functions as signatures."""


@dataclass(frozen=True)
class Agreement:
    """The agreement of a bundle with Keras, as in bundle.json. Shares are percentages of the sources.

    Attributes:
        identical: Share with the same answer as Keras.
        largest_logit_difference: Largest difference between the logits of the bundle and those of Keras.
        fixed_lengths_identical: Share with the same answer from the signatures of fixed lengths as from the others;
            None if there are no such signatures.
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
    """Answers from another way to run a bundle, and the percentage of them that equal its usual answers."""

    answers: list[str]
    identical: float


class Comparison(ABC):
    """Compares a bundle with the Keras model that it was exported from, on the same sources.

    Attributes:
        runtime: Name of the runtime that runs the bundle.
        search: Description of the search; empty if there is none.
    """

    runtime: str
    search: str = ""

    @abstractmethod
    def keras_answers(self) -> list[str]:
        """Return Keras' answer to each source."""

    @abstractmethod
    def bundle_answers(self) -> list[str]:
        """Return the bundle's answer to each source."""

    @abstractmethod
    def agreement(self) -> Agreement:
        """Compare the bundle's outputs with those of Keras and with each other."""

    @abstractmethod
    def web_identical(self, interpreter: tuple[type[Any], str]) -> float:
        """Return the percentage of sources with the same answer from a browser's runtime and LiteRT's Interpreter.

        Args:
            interpreter: A class with the interface of Interpreter that uses the browser's runtime, and its name.
        """

    def variants(self) -> dict[str, Variant]:
        """Return other ways to run the bundle, by name. They are scored separately."""
        return {}


class Family(Protocol):
    """The functions of a family. `model` is what `Run.model` returns for one of the family's runs."""

    EXTRAS: tuple[Extra, ...]

    def signatures(self, run: Run[Any], model: Any, settings: BundleSettings) -> Savable:
        """Return the functions of a bundle's model file."""

    def manifest_fields(self, run: Run[Any], model: Any, signatures: dict[str, Signature]) -> dict[str, Any]:
        """Return the fields of the manifest that only this family has, in addition to those of `Run.manifest`.

        Args:
            run: The run.
            model: The model of the run.
            signatures: The signatures of the model file.
        """

    def measured_fields(self, run: Run[Any], bundle: Bundle[Any]) -> dict[str, Any]:
        """Return fields of the manifest that are measured with the bundle, whose files are in its folder."""

    def write_files(self, run: Run[Any], settings: BundleSettings, folder: Path) -> None:
        """Write the files that the family's runner loads in addition to the model and the tokenizers."""

    def compare(self, run: Run[Any], model: Any, bundle: Bundle[Any], sources: Sequence[Features]) -> Comparison:
        """Compare a bundle whose files are in its folder with the Keras model."""

    def text_model(self, run: Run[Any]) -> Savable:
        """Return functions that take texts, for a SavedModel."""

    def text_model_answers(self, run: Run[Any], sources: Sequence[Features]) -> dict[tuple[str, str], list[str]]:
        """Return Keras' answers to sources, by the signature and the output of `text_model` that must equal them."""
