"""What a metric is."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from seq2edge.pipeline.evaluation.examples import Example

Score = Callable[[Sequence[str], Sequence[Example]], float]


@dataclass(frozen=True)
class Metric:
    """One number of an evaluation.

    Attributes:
        key: Name in JSON and in a recipe.
        label: Name in tables, with its unit.
        score: Takes hypotheses and the examples they belong to, one for each, and returns the number.
        higher_is_better: None if neither direction is better.
    """

    key: str
    label: str
    score: Score
    higher_is_better: bool | None = True
