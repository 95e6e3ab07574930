"""A linear classifier of folded messages: is somebody in distress, and of which kind.

What it knows are weights of n-grams, learned from messages (`seq2edge.export.guard_training`). It is easy to compute
anywhere: the sum of the weights of a text's n-grams, divided by the root of their number, plus a bias.
"""

from collections.abc import Sequence
from functools import cached_property
from typing import Annotated, Literal, TypedDict

from seq2edge.device.json_types import Between, Items

Unit = Literal["word", "character"]
SEPARATOR = "|"  # between n-grams; no folded text has it
LONGEST = 1000  # units of a text that are read


class WeightJson(TypedDict):
    """N-grams of one weight.

    Attributes:
        ngrams: Separated by "|"; words of an n-gram by spaces.
    """

    weight: float
    ngrams: str


class LinearJson(TypedDict):
    """A linear function of the n-grams of a text."""

    bias: float
    weights: list[WeightJson]


class ClassifierJson(TypedDict):
    """The classifier of a language in guard.json.

    Attributes:
        unit: What n-grams are made of.
        longest: Units of the longest n-grams; the shortest have one.
        distress: Logit of a message in distress.
        categories: By name, a score; the category of a message in distress is the one with the highest.
        bonus: Added to the logit where a pattern is found.
        threshold: Logit above which a message is answered.
    """

    unit: Unit
    longest: Annotated[int, Between(1, 10)]
    distress: LinearJson
    categories: Annotated[dict[str, LinearJson], Items(1)]
    bonus: float
    threshold: float


def ngrams(text: str, unit: Unit, longest: int) -> list[str]:
    """All n-grams of a folded text, repetitions included."""
    units: Sequence[str] = text.split()[:LONGEST] if unit == "word" else text[:LONGEST]
    space = " " if unit == "word" else ""
    return [
        space.join(units[start : start + length])
        for length in range(1, longest + 1)
        for start in range(len(units) - length + 1)
    ]


class Linear:
    """A `LinearJson` that is unpacked when it is needed."""

    def __init__(self, values: LinearJson):
        self.bias, self.groups = values["bias"], values["weights"]

    def __call__(self, grams: Sequence[str]) -> float:
        """Its value for the n-grams of a text."""
        weights = self.weights
        return self.bias + sum(weights.get(gram, 0.0) for gram in grams) / max(1, len(grams)) ** 0.5

    @cached_property
    def weights(self) -> dict[str, float]:
        """The weight of each n-gram; those not in it weigh nothing."""
        return {gram: group["weight"] for group in self.groups for gram in group["ngrams"].split(SEPARATOR)}


class Classifier:
    """Tells whether a message of a language is one of distress.

    Args:
        values: Its section of guard.json.
    """

    def __init__(self, values: ClassifierJson):
        self.unit, self.longest = values["unit"], values["longest"]
        self.bonus, self.threshold = values["bonus"], values["threshold"]
        self.distress = Linear(values["distress"])
        self.categories = {name: Linear(linear) for name, linear in values["categories"].items()}

    def is_distress(self, text: str, has_pattern: bool) -> bool:
        """Whether a folded text is above the threshold.

        Args:
            has_pattern: Whether a pattern is found in it.
        """
        logit = self.distress(ngrams(text, self.unit, self.longest))
        return logit + self.bonus * has_pattern > self.threshold

    def category(self, text: str) -> str:
        """The most likely category of a folded text in distress."""
        grams = ngrams(text, self.unit, self.longest)
        return max(self.categories, key=lambda name: self.categories[name](grams))
