"""A linear classifier of folded messages: whether the writer is in distress, and the kind of distress.

Its weights of n-grams are learned by `seq2edge.export.guard_training`. A score is easy to compute on any device: the
sum of the weights of a text's n-grams, divided by the square root of their number, plus a bias.
"""

from collections.abc import Sequence
from functools import cached_property
from typing import Annotated, Literal, TypedDict

from seq2edge.device.json_types import Between, Items

Unit = Literal["word", "character"]
SEPARATOR = "|"  # between n-grams; folded texts never contain it
LONGEST = 1000  # units of a text; the rest is ignored


class WeightJson(TypedDict):
    """All n-grams that have the same weight.

    Attributes:
        weight: The weight.
        ngrams: The n-grams, separated by "|"; the words of an n-gram are separated by spaces.
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
        unit: Unit of the n-grams: words or characters.
        longest: Number of units of the longest n-grams; the shortest have one.
        distress: Computes the logit of distress.
        categories: Computes a score for each category, by name. A message in distress gets the category with the
            highest score.
        bonus: Added to the logit if a pattern matches.
        threshold: The guard answers messages with a logit above this value.
    """

    unit: Unit
    longest: Annotated[int, Between(1, 10)]
    distress: LinearJson
    categories: Annotated[dict[str, LinearJson], Items(1)]
    bonus: float
    threshold: float


def ngrams(text: str, unit: Unit, longest: int) -> list[str]:
    """All n-grams of a folded text, including repetitions."""
    units: Sequence[str] = text.split()[:LONGEST] if unit == "word" else text[:LONGEST]
    space = " " if unit == "word" else ""
    return [
        space.join(units[start : start + length])
        for length in range(1, longest + 1)
        for start in range(len(units) - length + 1)
    ]


class Linear:
    """A linear function of n-grams. Its weights are unpacked on first use."""

    def __init__(self, values: LinearJson):
        self.bias, self.groups = values["bias"], values["weights"]

    def __call__(self, grams: Sequence[str]) -> float:
        """Compute the value for the n-grams of a text."""
        weights = self.weights
        return self.bias + sum(weights.get(gram, 0.0) for gram in grams) / max(1, len(grams)) ** 0.5

    @cached_property
    def weights(self) -> dict[str, float]:
        """The weight of each n-gram; the weight of all others is 0."""
        return {gram: group["weight"] for group in self.groups for gram in group["ngrams"].split(SEPARATOR)}


class Classifier:
    """Decides whether the writer of a message is in distress. There is one classifier for each language.

    Args:
        values: The section of guard.json for the language.
    """

    def __init__(self, values: ClassifierJson):
        self.unit, self.longest = values["unit"], values["longest"]
        self.bonus, self.threshold = values["bonus"], values["threshold"]
        self.distress = Linear(values["distress"])
        self.categories = {name: Linear(linear) for name, linear in values["categories"].items()}

    def is_distress(self, text: str, has_pattern: bool) -> bool:
        """Whether the logit of a folded text is above the threshold.

        Args:
            text: The folded text.
            has_pattern: Whether a pattern matches the text.
        """
        logit = self.distress(ngrams(text, self.unit, self.longest))
        return logit + self.bonus * has_pattern > self.threshold

    def category(self, text: str) -> str:
        """The category with the highest score for a folded text."""
        grams = ngrams(text, self.unit, self.longest)
        return max(self.categories, key=lambda name: self.categories[name](grams))
