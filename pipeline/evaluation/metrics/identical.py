"""Outputs that are identical to a reference, white space included. This is the metric for code."""

from collections.abc import Sequence

from seq2edge.pipeline.evaluation.examples import Example
from seq2edge.pipeline.evaluation.metrics.metric import Metric


def is_identical(hypothesis: str, references: Sequence[str]) -> bool:
    """Return whether the hypothesis equals one of the references, character by character."""
    return hypothesis in references


def identical(hypotheses: Sequence[str], expected: Sequence[Example]) -> float:
    """Percentage of hypotheses that are identical to a reference."""
    hits = sum(is_identical(hypothesis, e.references) for hypothesis, e in zip(hypotheses, expected, strict=True))
    return 100 * hits / len(expected)


METRICS = (Metric("identical", "identical %", identical),)
