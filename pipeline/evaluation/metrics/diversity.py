"""Diversity of the replies of a chat model. These metrics use no references."""

from collections.abc import Sequence

from seq2edge.pipeline.evaluation.examples import Example
from seq2edge.pipeline.evaluation.metrics.metric import Metric, Score
from seq2edge.pipeline.evaluation.metrics.words import words


def _distinct(n: int) -> Score:
    """Return a metric: distinct n-grams in percent of all n-grams of the hypotheses.

    Reference:
        [Li et al., 2016](https://arxiv.org/abs/1510.03055)
    """

    def score(hypotheses: Sequence[str], expected: Sequence[Example]) -> float:
        ngrams: list[tuple[str, ...]] = []
        for hypothesis in hypotheses:
            tokens = words(hypothesis)
            ngrams += [tuple(tokens[i : i + n]) for i in range(len(tokens) - n + 1)]
        return 100 * len(set(ngrams)) / max(len(ngrams), 1)

    return score


def repeated(hypotheses: Sequence[str], expected: Sequence[Example]) -> float:
    """Percentage of replies that are the same as the reply to an earlier source."""
    return 100 * (1 - len(set(hypotheses)) / len(hypotheses))


METRICS = (
    Metric("distinct_1", "distinct-1 %", _distinct(1)),
    Metric("distinct_2", "distinct-2 %", _distinct(2)),
    Metric("repeated", "repeated replies %", repeated, higher_is_better=None),
)
