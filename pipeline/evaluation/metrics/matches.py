"""Exact match, and words that hypothesis and reference share."""

from collections import Counter
from collections.abc import Sequence

from seq2edge.pipeline.evaluation.examples import Example
from seq2edge.pipeline.evaluation.metrics.metric import Metric
from seq2edge.pipeline.evaluation.metrics.words import best_reference_mean


def is_exact(hypothesis: str, references: Sequence[str]) -> bool:
    """Return whether the hypothesis equals one of the references, apart from white space."""
    return " ".join(hypothesis.split()) in {" ".join(reference.split()) for reference in references}


def exact_match(hypotheses: Sequence[str], expected: Sequence[Example]) -> float:
    """Percentage of hypotheses that equal a reference, apart from white space."""
    hits = sum(is_exact(hypothesis, e.references) for hypothesis, e in zip(hypotheses, expected, strict=True))
    return 100 * hits / len(expected)


def word_accuracy(hypotheses: Sequence[str], expected: Sequence[Example]) -> float:
    """Percentage of positions at which hypothesis and reference have the same word."""

    def share(hypothesis: list[str], reference: list[str]) -> float:
        hits = sum(ours == theirs for ours, theirs in zip(hypothesis, reference, strict=False))
        return hits / max(len(hypothesis), len(reference), 1)

    return best_reference_mean(hypotheses, expected, share)


def word_f1(hypotheses: Sequence[str], expected: Sequence[Example]) -> float:
    """F1 of the words, regardless of their order, in percent.

    Reference:
        [Rajpurkar et al., 2016](https://arxiv.org/abs/1606.05250)
    """

    def f1(hypothesis: list[str], reference: list[str]) -> float:
        common = (Counter(hypothesis) & Counter(reference)).total()
        return 2 * common / max(len(hypothesis) + len(reference), 1)

    return best_reference_mean(hypotheses, expected, f1)


METRICS = (
    Metric("exact_match", "exact match %", exact_match),
    Metric("word_accuracy", "word accuracy %", word_accuracy),
    Metric("word_f1", "word F1", word_f1),
)
