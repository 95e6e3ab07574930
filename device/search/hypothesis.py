"""Hypotheses of a search: those that still grow, those that are finished, and what a caller gets."""

import math
from dataclasses import dataclass, field
from typing import NamedTuple

import numpy as np

from seq2edge.device.search.phrases import Ids


@dataclass(frozen=True)
class Hypothesis:
    """A target that a search found.

    Attributes:
        ids: Without bos and eos.
        score: What the search ranks by: the sum of log-probabilities and penalties of tokens, divided by the length
            penalty, plus the coverage penalty.
        log_probability: Sum over the ids and eos, in nats.
        token_log_probs: Of each id, and of eos where it was reached.
        attention: `(len(ids), source_length)`, or None if the model has none.
        finished: False if the target was cut at the maximum length.
        missing: Required phrases that it lacks.
    """

    ids: Ids
    score: float
    log_probability: float
    token_log_probs: tuple[float, ...]
    attention: np.ndarray | None
    finished: bool
    missing: tuple[Ids, ...] = ()

    @property
    def confidence(self) -> float:
        """Geometric mean of the probabilities of its tokens, 0 to 1."""
        return math.exp(self.log_probability / max(len(self.token_log_probs), 1))

    @property
    def alignment(self) -> tuple[int, ...] | None:
        """For each id the source position with the most attention, or None if the model has no attention."""
        return None if self.attention is None else tuple(int(i) for i in self.attention.argmax(axis=1))


@dataclass
class Live:
    """A hypothesis that still grows.

    Attributes:
        total: Sum of its log-probabilities after the logit filters.
        group: Index of its group of the beam; None before the first token.
    """

    ids: Ids = ()
    log_probs: tuple[float, ...] = ()
    total: float = 0.0
    attention: tuple[np.ndarray, ...] = field(default=(), repr=False)
    group: int | None = None


class Finished(NamedTuple):
    """A hypothesis that reached eos (`ended`) or the maximum length; score and missing as in `Hypothesis`."""

    live: Live
    score: float
    ended: bool
    missing: tuple[Ids, ...]

    def to_hypothesis(self) -> Hypothesis:
        live = self.live
        attention = np.stack(live.attention) if live.attention else None
        return Hypothesis(
            live.ids, self.score, sum(live.log_probs), live.log_probs, attention, self.ended, self.missing
        )
