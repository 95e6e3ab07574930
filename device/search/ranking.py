"""Scores of hypotheses: log-probability, length penalty and coverage penalty (Wu et al. 2016, equation 14)."""

from collections.abc import Iterable

import numpy as np

from seq2edge.device.search.hypothesis import Live
from seq2edge.device.search.options import DecodingOptions

SMALLEST_COVERAGE = 1e-3  # for source tokens without attention, to keep the logarithm finite


class SequenceRanker:
    """Ranks the hypotheses of one source.

    Args:
        options: The decoding options.
        source_length: Number of source tokens, including eos, without padding.
    """

    def __init__(self, options: DecodingOptions, source_length: int):
        self.length_penalty, self.coverage_penalty = options.length_penalty, options.coverage_penalty
        self.source_length, self.longest = source_length, options.limits(source_length)[1]

    def score(self, live: Live) -> float:
        """Compute the score of a complete hypothesis."""
        score = live.total / penalty(len(live.log_probs), self.length_penalty)
        if self.coverage_penalty and live.attention:
            score += self.coverage_penalty * coverage(np.stack(live.attention)[:, : self.source_length])
        return score

    def upper_bound(self, live: Iterable[Live]) -> float:
        """Compute an upper bound of the scores of all continuations of these hypotheses.

        Totals only decrease, the length penalty only grows, and the coverage penalty is at most 0.
        """
        return max(hypothesis.total for hypothesis in live) / penalty(self.longest, self.length_penalty)


def penalty(length: int, alpha: float) -> float:
    """Length penalty of equation 14; `length` includes eos."""
    return ((5 + length) / 6) ** alpha


def coverage(attention: np.ndarray) -> float:
    """Coverage penalty of equation 14 without beta: the sum of log(min(attention received, 1)) over source tokens.

    Args:
        attention: Attention weights `(target_length, source_length)`.

    Returns:
        The penalty, at most 0.
    """
    received = np.clip(attention.sum(axis=0), SMALLEST_COVERAGE, 1.0)
    return float(np.log(received).sum())
