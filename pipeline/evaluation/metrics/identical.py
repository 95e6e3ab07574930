"""Identical outputs: white space counts, as in code."""

from collections.abc import Sequence

from seq2edge.pipeline.evaluation.examples import Example
from seq2edge.pipeline.evaluation.metrics.metric import Metric


def is_identical(hypothesis: str, references: Sequence[str]) -> bool:
    """Whether the hypothesis equals one of the references, character by character."""
    return hypothesis in references


def identical(hypotheses: Sequence[str], expected: Sequence[Example]) -> float:
    """Percentage of identical hypotheses."""
    hits = sum(is_identical(hypothesis, e.references) for hypothesis, e in zip(hypotheses, expected, strict=True))
    return 100 * hits / len(expected)


METRICS = (Metric("identical", "identical %", identical),)
