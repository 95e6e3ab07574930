"""Interface of test vectors. Each family of models has a module with these functions."""

from collections.abc import Iterator, Sequence
from typing import Annotated, Any, NamedTuple, Protocol

import numpy as np

from seq2edge.device.json_types import Between, Items
from seq2edge.device.manifests import caps

LOGITS = 8  # number of logits recorded for each output

Logits = Annotated[list[float], Items(1, caps.BARS)]
Ids = Annotated[list[Annotated[int, Between(0, caps.VOCABULARY)]], Items(0, caps.LENGTH)]


class Repeated(NamedTuple):
    """The difference between an answer and a test vector.

    Attributes:
        same: Whether source ids and answer are the same.
        logit_difference: Largest absolute difference of the logits.
    """

    same: bool
    logit_difference: float


class VectorFamily(Protocol):
    """The functions for a family of models. `runner` is a runner of the family.

    Attributes:
        VECTORS: Type hint of the vectors in vectors.json.
    """

    @property
    def VECTORS(self) -> Any: ...  # noqa: N802 (a constant of the module)

    def contradictions(self, vectors: Sequence[Any], manifest: Any) -> Iterator[str]:
        """Yield a message for each value of the vectors that contradicts the manifest."""

    def record(self, runner: Any, text: str) -> dict[str, Any]:
        """Record the test vector of a text. A port of the runner has to reproduce it."""

    def repeat(self, runner: Any, vector: dict[str, Any]) -> Repeated:
        """Answer the text of a test vector again, and compare."""


def first_logits(logits: np.ndarray) -> list[float]:
    """The first logits of an output, rounded."""
    return [round(float(value), 5) for value in logits[:LOGITS]]


def difference(recorded: list[float], logits: np.ndarray) -> float:
    """Largest absolute difference between recorded logits and the first logits of an output."""
    return float(np.abs(logits[: len(recorded)] - np.array(recorded)).max())
