"""Answers and scores validation sources."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TypeVar

from seq2edge.pipeline.data.dataset import Dataset
from seq2edge.pipeline.evaluation.examples import examples
from seq2edge.pipeline.evaluation.metrics.registry import basic_metrics, basic_scores
from seq2edge.pipeline.families.interface import Models
from seq2edge.pipeline.families.registry import family_of
from seq2edge.pipeline.recipe_schema.recipe import Recipe

SAMPLES = 12  # number of answers in samples.txt

T = TypeVar("T")


@dataclass(frozen=True)
class Validation:
    """Scores of the answers to validation sources.

    Attributes:
        scores: The basic metrics of the task.
        samples: (source, hypothesis, references) of some sources.
    """

    scores: dict[str, float]
    samples: list[tuple[str, str, str]]


def validator(models: Models, recipe: Recipe, data: Dataset) -> Callable[[], Validation]:
    """Return a function that answers some validation sources with the current weights and scores the answers."""
    expected = evenly(examples(list(data.texts("valid")), recipe.task), recipe.training.score_sentences)
    answers = family_of(recipe.task).answers(models, recipe, data, [example.source for example in expected])

    def validate() -> Validation:
        hypotheses = answers()
        all_scores = basic_scores(recipe.task, hypotheses, expected)
        samples = [
            (example.source, hypothesis, " | ".join(example.references))
            for example, hypothesis in evenly(list(zip(expected, hypotheses, strict=True)), SAMPLES)
        ]
        return Validation({name: all_scores[name] for name in basic_metrics(recipe.task)}, samples)

    return validate


def evenly(items: Sequence[T], count: int) -> list[T]:
    """Return at most `count` items, evenly spaced, because files of several domains follow one another."""
    count = min(count, len(items))
    return [items[index * len(items) // count] for index in range(count)]
