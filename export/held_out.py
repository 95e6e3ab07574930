"""Held-out sentences, on which every exported model is compared with Keras."""

from collections.abc import Sequence

from seq2edge.device.processors.interface import Features
from seq2edge.pipeline.evaluation.examples import Example, examples
from seq2edge.pipeline.run import Run

SENTENCES = 300  # largest number of sentences of the test set


def held_out_examples(run: Run, sentences: int | None = None) -> list[Example]:
    """Return the first test sentences, or validation sentences if the recipe has no test set.

    Args:
        run: The run.
        sentences: Number of sentences; None: all.
    """
    pairs = list(run.data.texts("test")) or list(run.data.texts("valid"))
    return examples(pairs, run.recipe.task)[:sentences]


def source_features(run: Run, expected: Sequence[Example]) -> list[Features]:
    """Return the features of each example's source, truncated to the length that the run's model accepts."""
    processor = run.data.processor(run.recipe)
    return [processor(example.source, run.recipe.model.source_length) for example in expected]


def share(hits: Sequence[bool]) -> float:
    """Return the percentage of true values."""
    return round(100 * sum(hits) / max(len(hits), 1), 2)
