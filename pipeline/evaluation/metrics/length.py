"""Length of the hypotheses, relative to the references."""

from collections.abc import Sequence

from seq2edge.pipeline.evaluation.examples import Example
from seq2edge.pipeline.evaluation.metrics.metric import Metric
from seq2edge.pipeline.evaluation.metrics.words import words


def length_ratio(hypotheses: Sequence[str], expected: Sequence[Example]) -> float:
    """Number of words in all hypotheses, divided by that in the references.

    Of several references, the one nearest in length counts.

    Example:
        >>> length_ratio(["one two three"], [Example("source", ("one two",))])
        1.5
    """
    written = wanted = 0
    for hypothesis, example in zip(hypotheses, expected, strict=True):
        length = len(words(hypothesis))
        written += length
        wanted += min((len(words(reference)) for reference in example.references), key=lambda n: abs(n - length))
    return written / max(wanted, 1)


METRICS = (Metric("length_ratio", "length ratio", length_ratio, higher_is_better=None),)
