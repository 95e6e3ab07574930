"""Held-out sentences, on which every exported model is compared with Keras."""

from collections.abc import Sequence

from seq2edge.device.processors.interface import Features
from seq2edge.pipeline.evaluation.examples import Example, examples
from seq2edge.pipeline.run import Run

SENTENCES = 300  # of the test set; all of it if it is smaller


def held_out_examples(run: Run, sentences: int | None = None) -> list[Example]:
    """The first test sentences, or those of the validation set if the recipe has no test set; None: all of them."""
    pairs = list(run.data.texts("test")) or list(run.data.texts("valid"))
    return examples(pairs, run.recipe.task)[:sentences]


def source_features(run: Run, expected: Sequence[Example]) -> list[Features]:
    """The features of each example's source, cut to the length that the run's model takes."""
    processor = run.data.processor(run.recipe)
    return [processor(example.source, run.recipe.model.source_length) for example in expected]


def share(hits: Sequence[bool]) -> float:
    """Share of true values in percent."""
    return round(100 * sum(hits) / max(len(hits), 1), 2)
