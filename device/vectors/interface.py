"""What a family of models offers for test vectors. A family is a module with these functions."""

from typing import Any, NamedTuple, Protocol

import numpy as np

LOGITS = 8  # recorded of each output


class Repeated(NamedTuple):
    """How an answer differs from a test vector.

    Attributes:
        same: Same source ids and same answer.
        logit_difference: The largest one.
    """

    same: bool
    logit_difference: float


class VectorFamily(Protocol):
    """The functions of a family. `runner` is one of the family's runners."""

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
