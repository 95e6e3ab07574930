"""The description of a metric."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from seq2edge.pipeline.evaluation.examples import Example

Score = Callable[[Sequence[str], Sequence[Example]], float]


@dataclass(frozen=True)
class Metric:
    """A metric, which is one number of an evaluation.

    Attributes:
        key: Name in JSON and in a recipe.
        label: Name in tables, with its unit.
        score: Computes the number from hypotheses and examples. There is one example for each hypothesis.
        higher_is_better: Whether a higher number is better; None if neither direction is.
    """

    key: str
    label: str
    score: Score
    higher_is_better: bool | None = True
