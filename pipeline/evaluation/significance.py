"""Is one system better than another, or was it luck with the sentences? Paired bootstrap (Koehn 2004)."""

import copy
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from seq2edge.pipeline.evaluation.metrics import metrics_of, sacrebleu_metrics
from seq2edge.pipeline.evaluation.scoring import Example, exact, reference_streams

RESAMPLES = 1000
REAL = 0.05  # p-value under which a difference is called real
SEED = 12345  # sacrebleu's


@dataclass(frozen=True)
class Difference:
    """One metric of two systems.

    Attributes:
        p_value: How likely a difference as large were, if the systems were equally good.
    """

    label: str
    system: str
    other: str
    score: float
    other_score: float
    p_value: float
    higher_is_better: bool

    @property
    def real(self) -> bool:
        return self.p_value < REAL

    def __str__(self) -> str:
        gain = self.score - self.other_score
        better = (gain > 0) == self.higher_is_better
        word = "the same" if not round(gain, 2) else f"{'better' if better else 'worse'} by {abs(gain):.2f}"
        verdict = "a real difference" if self.real else "may well be chance"
        return (
            f"{self.label}: {self.system} {self.score:.2f}, {self.other} {self.other_score:.2f}; {word}, "
            f"{verdict} (p = {self.p_value:.3f})"
        )

    def as_dict(self) -> dict[str, Any]:
        return {**vars(self), "real": self.real}


def compare_paired(
    task: str,
    system: tuple[str, Sequence[str]],
    other: tuple[str, Sequence[str]],
    expected: Sequence[Example],
    resamples: int = RESAMPLES,
) -> list[Difference]:
    """Differences in sacrebleu's metrics and in exact matches.

    Args:
        system, other: Name and hypotheses, one for each example.
    """
    from sacrebleu.significance import PairedTest

    differences = []
    for metric in metrics_of(task):
        if metric.key in sacrebleu_metrics():
            # The test writes into the metric, takes the first system for the baseline, and goes by the names of scores.
            tested = {metric.key: copy.deepcopy(sacrebleu_metrics()[metric.key])}
            _, results = PairedTest([other, system], tested, reference_streams(expected), "bs", resamples)()
            ((baseline, result),) = (found for name, found in results.items() if name != "System")
            values = result.score, baseline.score, result.p_value
        elif metric.key == "exact_match":
            values = _exact_matches(system[1], other[1], expected, resamples)
        else:
            continue
        differences.append(Difference(metric.label, system[0], other[0], *values, bool(metric.higher_is_better)))
    return differences


def _exact_matches(
    hypotheses: Sequence[str], others: Sequence[str], expected: Sequence[Example], resamples: int
) -> tuple[float, float, float]:
    """Both shares in percent, and the p-value of their difference, from differences around their mean."""
    hits = np.array(
        [[exact(h, e.references) for h, e in zip(said, expected, strict=True)] for said in (hypotheses, others)]
    )
    share, other_share = 100 * hits.mean(axis=1)
    gains = 100 * (hits[0].astype(float) - hits[1])
    chosen = np.random.default_rng(SEED).integers(0, len(gains), (resamples, len(gains)))
    means = gains[chosen].mean(axis=1)
    larger = np.abs(means - means.mean()) >= abs(gains.mean()) - 1e-9
    return float(share), float(other_share), float((larger.sum() + 1) / (resamples + 1))
