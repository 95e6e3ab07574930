"""Tests whether the difference between two systems is significant, by paired bootstrap resampling.

Reference:
    [Koehn, 2004](https://aclanthology.org/W04-3250/)
"""

import copy
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from seq2edge.pipeline.evaluation.examples import Example
from seq2edge.pipeline.evaluation.metrics.identical import is_identical
from seq2edge.pipeline.evaluation.metrics.matches import is_exact
from seq2edge.pipeline.evaluation.metrics.registry import task_metrics
from seq2edge.pipeline.evaluation.metrics.sacrebleu_scores import reference_streams, sacrebleu_metrics
from seq2edge.pipeline.evaluation.scoring import Evaluation

RESAMPLES = 1000
SIGNIFICANT = 0.05  # largest p-value of a significant difference
HIT = {  # whether a hypothesis is correct, for metrics that are percentages of correct hypotheses
    "exact_match": is_exact,
    "identical": is_identical,
    "accuracy": is_exact,
}
SEED = 12345  # the default of sacrebleu


@dataclass(frozen=True)
class Difference:
    """A comparison of two systems by one metric.

    Attributes:
        label: Label of the metric.
        p_value: Probability of a difference at least as large if both systems were equally good.
    """

    label: str
    system: str
    other: str
    score: float
    other_score: float
    p_value: float
    higher_is_better: bool

    @property
    def significant(self) -> bool:
        return self.p_value < SIGNIFICANT

    def __str__(self) -> str:
        gain = self.score - self.other_score
        better = (gain > 0) == self.higher_is_better
        word = "the same" if not round(gain, 2) else f"{'better' if better else 'worse'} by {abs(gain):.2f}"
        verdict = "significant" if self.significant else "not significant"
        return (
            f"{self.label}: {self.system} {self.score:.2f}, {self.other} {self.other_score:.2f}; {word}, "
            f"{verdict} (p = {self.p_value:.3f})"
        )

    def as_dict(self) -> dict[str, Any]:
        return {**vars(self), "significant": self.significant}


def compare_with(evaluations: Sequence[Evaluation], other: Evaluation) -> list[Difference]:
    """Compare each evaluation with another one on the same set."""
    differences = []
    for evaluation in evaluations:
        if evaluation is not other:
            ours, theirs = ((side.system, side.hypotheses) for side in (evaluation, other))
            differences += compare_paired(other.test_set.task, ours, theirs, other.test_set.expected)
    return differences


def compare_paired(
    task: str,
    system: tuple[str, Sequence[str]],
    other: tuple[str, Sequence[str]],
    expected: Sequence[Example],
    resamples: int = RESAMPLES,
) -> list[Difference]:
    """Compare two systems by the task's sacrebleu metrics and by the percentage of answers that equal a reference.

    Args:
        task: Name of the task.
        system, other: Name and hypotheses of each system. There is one hypothesis for each example.
        expected: The examples.
        resamples: Number of bootstrap samples.
    """
    differences = []
    for metric in task_metrics(task):
        if metric.key in sacrebleu_metrics():
            values = _sacrebleu_test(metric.key, system[1], other[1], expected, resamples)
        elif metric.key in HIT:
            hits = np.array([_hits(metric.key, texts, expected) for texts in (system[1], other[1])])
            values = _hits_test(hits, resamples)
        else:
            continue
        differences.append(Difference(metric.label, system[0], other[0], *values, bool(metric.higher_is_better)))
    return differences


def _sacrebleu_test(
    key: str, hypotheses: Sequence[str], others: Sequence[str], expected: Sequence[Example], resamples: int
) -> tuple[float, float, float]:
    """Return both scores and the p-value of sacrebleu's own test."""
    from sacrebleu.significance import PairedTest

    # The test modifies the metric object, and uses the first system as the baseline.
    metrics = {key: copy.deepcopy(sacrebleu_metrics()[key])}
    named = [("other", others), ("system", hypotheses)]
    _, results = PairedTest(named, metrics, reference_streams(expected), "bs", resamples)()
    ((baseline, result),) = (values for name, values in results.items() if name != "System")
    return result.score, baseline.score, result.p_value


def _hits(key: str, hypotheses: Sequence[str], expected: Sequence[Example]) -> list[bool]:
    """Return whether each hypothesis counts as correct."""
    return [HIT[key](hypothesis, e.references) for hypothesis, e in zip(hypotheses, expected, strict=True)]


def _hits_test(hits: np.ndarray, resamples: int) -> tuple[float, float, float]:
    """Return both percentages, and the p-value by sacrebleu's method: resampled differences, shifted to zero mean.

    Args:
        hits: Whether the hypotheses of the system and of the other one are correct, bool `(2, examples)`.
    """
    share, other_share = 100 * hits.mean(axis=1)
    gains = 100 * (hits[0].astype(float) - hits[1])
    chosen = np.random.default_rng(SEED).integers(0, len(gains), (resamples, len(gains)))
    means = gains[chosen].mean(axis=1)
    as_large = np.abs(means - means.mean()) >= abs(gains.mean()) - 1e-9
    return float(share), float(other_share), float((as_large.sum() + 1) / (resamples + 1))
