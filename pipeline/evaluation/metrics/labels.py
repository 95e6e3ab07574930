"""Scores of predicted labels, computed by scikit-learn."""

from collections.abc import Sequence

from seq2edge.pipeline.evaluation.examples import Example
from seq2edge.pipeline.evaluation.metrics.metric import Metric


def expected_labels(expected: Sequence[Example]) -> list[str]:
    """Return the label of each example, its first reference."""
    return [example.references[0] for example in expected]


def accuracy(predicted: Sequence[str], expected: Sequence[Example]) -> float:
    """Percentage of correct labels."""
    from sklearn.metrics import accuracy_score

    return 100 * float(accuracy_score(expected_labels(expected), list(predicted)))


def macro_f1(predicted: Sequence[str], expected: Sequence[Example]) -> float:
    """Unweighted mean of the F1 scores of the labels in the references, in percent.

    F1 is 2 TP / (2 TP + FP + FN). It is 0 for a label that was never predicted. A label that was predicted, but is not
    in the references, has no F1 of its own. It lowers those of the labels that it was predicted for.

    Reference:
        [Opitz and Burst, 2019](https://arxiv.org/abs/1911.03347), "averaged F1"
    """
    from sklearn.metrics import f1_score

    labels = expected_labels(expected)
    occurring = sorted(set(labels))
    return 100 * float(f1_score(labels, list(predicted), labels=occurring, average="macro", zero_division=0))


METRICS = (
    Metric("accuracy", "accuracy %", accuracy),
    Metric("macro_f1", "macro F1 %", macro_f1),
)
