"""Hypotheses of a search: live ones, finished ones, and those returned to the caller."""

import math
from dataclasses import dataclass, field
from typing import NamedTuple

import numpy as np

from seq2edge.device.search.phrases import Ids


@dataclass(frozen=True)
class Hypothesis:
    """A target that a search found.

    Attributes:
        ids: Token ids without bos and eos.
        score: Value by which the search ranks: the sum of log-probabilities and penalties of tokens, divided by the
            length penalty, plus the coverage penalty.
        log_probability: Sum of the log-probabilities of the ids and eos, in nats.
        token_log_probs: Log-probability of each id, and of eos if it was reached.
        attention: Weights `(len(ids), source_length)`; None if the model has no attention.
        finished: Whether the target ends in eos; if not, it was cut at the maximum length.
        missing: Required phrases that the target does not contain.
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
        """Geometric mean of the probabilities of the tokens, 0 to 1."""
        return math.exp(self.log_probability / max(len(self.token_log_probs), 1))

    @property
    def alignment(self) -> tuple[int, ...] | None:
        """For each id the source position with the largest attention weight; None if the model has no attention."""
        return None if self.attention is None else tuple(int(i) for i in self.attention.argmax(axis=1))


@dataclass
class Live:
    """A hypothesis that the search may still extend.

    Attributes:
        ids: Token ids so far.
        log_probs: Log-probability of each token before the logit filters, including eos if it was reached.
        total: Sum of the log-probabilities after the logit filters.
        attention: For each id the attention weights `(source_length,)`; empty if the model has no attention.
        group: Index of the group of the beam; None before the first token.
    """

    ids: Ids = ()
    log_probs: tuple[float, ...] = ()
    total: float = 0.0
    attention: tuple[np.ndarray, ...] = field(default=(), repr=False)
    group: int | None = None


class Finished(NamedTuple):
    """A hypothesis that reached eos (`ended`) or the maximum length. `score` and `missing` as in `Hypothesis`."""

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
