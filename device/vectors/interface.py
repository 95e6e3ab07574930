"""What a family of models offers for test vectors. A family is a module with these functions."""

from collections.abc import Iterator, Sequence
from typing import Annotated, Any, NamedTuple, Protocol

import numpy as np

from seq2edge.device.json_types import Between, Items
from seq2edge.device.manifests import caps

LOGITS = 8  # recorded of each output

Logits = Annotated[list[float], Items(1, caps.BARS)]
Ids = Annotated[list[Annotated[int, Between(0, caps.VOCABULARY)]], Items(0, caps.LENGTH)]


class Repeated(NamedTuple):
    """How an answer differs from a test vector.

    Attributes:
        same: Same source ids and same answer.
        logit_difference: The largest one.
    """

    same: bool
    logit_difference: float


class VectorFamily(Protocol):
    """The functions of a family. `runner` is one of the family's runners.

    Attributes:
        VECTORS: The type of the vectors in vectors.json.
    """

    @property
    def VECTORS(self) -> Any: ...  # noqa: N802 (a constant of the module)

    def contradictions(self, vectors: Sequence[Any], manifest: Any) -> Iterator[str]:
        """What is in vectors of the right type and cannot be true of a bundle."""

    def record(self, runner: Any, text: str) -> dict[str, Any]:
        """The test vector of a text: what a port of the runner has to reproduce."""

    def repeat(self, runner: Any, vector: dict[str, Any]) -> Repeated:
        """Answer the text of a test vector again."""


def first_logits(logits: np.ndarray) -> list[float]:
    """The first logits of an output, rounded, for a test vector."""
    return [round(float(value), 5) for value in logits[:LOGITS]]


def difference(recorded: list[float], logits: np.ndarray) -> float:
    """The largest difference between recorded logits and the first ones of an output."""
    return float(np.abs(logits[: len(recorded)] - np.array(recorded)).max())
