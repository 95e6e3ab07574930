"""The interface of a family of models. A family is a module with these functions."""

from collections.abc import Callable, Sequence
from typing import Any, Protocol

import keras

from seq2edge.device.manifests.common import Manifest
from seq2edge.models.loss import MaskedLoss
from seq2edge.pipeline.data.batches import Collate
from seq2edge.pipeline.data.dataset import Dataset
from seq2edge.pipeline.recipe_schema.recipe import Training


class Models(Protocol):
    """Functional Keras models that share their layers, and the settings they were built from."""

    @property
    def config(self) -> Any: ...

    @property
    def training(self) -> keras.Model:
        """The model that `fit` trains. It has all weights."""


class Family(Protocol):
    """The functions of a family. `recipe` is one of the family's recipes, `models` what `build_models` returns."""

    def model_config(self, recipe: Any, data: Dataset) -> Any:
        """Return the settings of a recipe's models for the data."""

    def build_models(self, config: Any, dtype: str = "float32", unroll: int = 1) -> Models:
        """Build models with fresh weights.

        Args:
            dtype: Keras dtype policy of the layers.
            unroll: Number of steps of a recurrent layer in one iteration of JAX's loop.
        """

    def collate(self, settings: Training) -> Collate:
        """Return the function that turns padded rows of a dataset into a batch for `Models.training`."""

    def loss(self, settings: Training) -> MaskedLoss:
        """Return the loss of `Models.training`."""

    def answers(self, models: Any, recipe: Any, data: Dataset, sources: Sequence[Any]) -> Callable[[], list[str]]:
        """Return a function that answers the sources with the current weights of the models."""

    def manifest(self, recipe: Any, data: Dataset) -> Manifest:
        """Return the manifest of a bundle, without the files, signatures and measurements of an export."""

    def runner(self, recipe: Any, data: Dataset, models: Any) -> Any:
        """Return the runner that is used on the device, with Keras models instead of a model file."""
