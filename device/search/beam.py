"""Token decoders for beam search and its variants. Greedy search is beam search with a beam of 1."""

import math
from abc import ABC, abstractmethod
from collections.abc import Iterator, Sequence
from typing import NamedTuple

import numpy as np

from seq2edge.device.search.hypothesis import Live
from seq2edge.device.search.phrases import Phrases
from seq2edge.device.special_ids import EOS

SORTED_SIZE = 500  # arrays up to this size are sorted faster than partitioned

Indices = Sequence[int] | np.ndarray


class Step(NamedTuple):
    """One step of a search for one source.

    Attributes:
        live: Hypothesis of each row.
        log_probs: Log-probabilities of the next tokens, `(rows, columns)`.
        filtered: Log-probabilities after the logit filters, `(rows, columns)`; tokens with -inf are never chosen.
        token_ids: Token id of each column, `(rows, columns)`; None: column i is token i.
        attention: Attention weights `(rows, source_length)`; None if the model has no attention.
        taken: How often earlier groups chose each token in this step.
    """

    live: list[Live]
    log_probs: np.ndarray
    filtered: np.ndarray
    token_ids: np.ndarray | None
    attention: np.ndarray | None
    taken: dict[int, int]


class Candidate(NamedTuple):
    """A row, a possible next token, and its log-probability before and after the logit filters."""

    row: int
    token: int
    log_prob: float
    filtered: float


class TokenDecoder(ABC):
    """Proposes next tokens for a group of hypotheses."""

    @abstractmethod
    def positions(self, step: Step, rows: list[int]) -> tuple[Indices, Indices]:
        """Return the rows and columns of the candidates, best first.

        Args:
            step: The current step.
            rows: Rows of the group, at least one.
        """

    def candidates(self, step: Step, rows: list[int]) -> Iterator[Candidate]:
        """Yield the candidates of a group, best first, without tokens that a filter forbids."""
        if not rows:
            return
        where, columns = self.positions(step, rows)
        where, columns = np.asarray(where, np.intp), np.asarray(columns, np.intp)
        tokens = columns if step.token_ids is None else step.token_ids[where, columns]
        found = (where, tokens, step.log_probs[where, columns], step.filtered[where, columns])
        for candidate in map(Candidate, *(values.tolist() for values in found)):
            if candidate.filtered > -math.inf:
                yield candidate


class BeamDecoder(TokenDecoder):
    """Proposes the continuations with the highest total log-probability.

    Args:
        count: Number of candidates: twice the width of a group, because half of them may end in eos. With 1 the search
            is greedy.
    """

    def __init__(self, count: int):
        self.count = count

    def positions(self, step: Step, rows: list[int]) -> tuple[Indices, Indices]:
        places, columns = self.best(self.totals(step, rows))
        return np.array(rows)[places], columns

    def totals(self, step: Step, rows: list[int]) -> np.ndarray:
        """Total log-probabilities of all continuations, `(len(rows), columns)`."""
        filtered = step.filtered if len(rows) == len(step.filtered) else step.filtered[rows]
        return filtered + np.array([[step.live[row].total] for row in rows], filtered.dtype)

    def best(self, totals: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Row and column indices of the highest totals, highest first."""
        return np.divmod(top_indices(totals.ravel(), min(self.count, totals.size)), totals.shape[1])


class DiverseBeamDecoder(BeamDecoder):
    """Diverse beam search (Vijayakumar et al. 2016).

    Args:
        count: Number of candidates, as for `BeamDecoder`.
        diversity: Penalty of a token, in nats, for each time an earlier group chose it in the same step.
    """

    def __init__(self, count: int, diversity: float):
        super().__init__(count)
        self.diversity = diversity

    def totals(self, step: Step, rows: list[int]) -> np.ndarray:
        totals = super().totals(step, rows)
        for token, times in step.taken.items():
            totals[:, token] -= self.diversity * times
        return totals

    def candidates(self, step: Step, rows: list[int]) -> Iterator[Candidate]:
        for candidate in super().candidates(step, rows):
            step.taken[candidate.token] = step.taken.get(candidate.token, 0) + 1
            yield candidate


class PhraseBeamDecoder(BeamDecoder):
    """Dynamic beam allocation (Post & Vilar 2018).

    Candidates are grouped by the number of tokens of required phrases that they contain, and each group gets a share of
    the beam. So phrases of unlikely tokens are not lost.

    Args:
        count: Number of candidates, as for `BeamDecoder`.
        phrases: The required phrases.
    """

    def __init__(self, count: int, phrases: Phrases):
        super().__init__(count)
        self.phrases = phrases

    def positions(self, step: Step, rows: list[int]) -> tuple[Indices, Indices]:
        totals = self.totals(step, rows)
        targets = [step.live[row].ids for row in rows]
        found = {(place, token) for place, ids in enumerate(targets) for token in self.phrases.next_tokens(ids)}
        found |= {(place, int(totals[place].argmax())) for place in range(len(rows))}
        places, columns = self.best(totals)
        shares: dict[int, list[tuple[int, int]]] = {}
        for place, token in sorted(
            found.union(zip(places.tolist(), columns.tolist(), strict=True)), key=lambda candidate: -totals[candidate]
        ):
            ids = targets[place]
            met = self.phrases.tokens_met(ids if token == EOS else (*ids, token))
            shares.setdefault(met, []).append((place, token))
        queues = [shares[met] for met in sorted(shares, reverse=True)]
        longest = max(len(queue) for queue in queues)
        chosen = [queue[turn] for turn in range(longest) for queue in queues if turn < len(queue)]
        return [rows[place] for place, _ in chosen], [token for _, token in chosen]


def top_indices(values: np.ndarray, count: int) -> np.ndarray:
    """Indices of the `count` largest values, largest first; among equal values the first comes first."""
    if count == 1:
        return np.array([values.argmax()])
    if len(values) < SORTED_SIZE:
        return np.argsort(-values, kind="stable")[:count]
    candidates = np.argpartition(-values, count - 1)[:count]
    return candidates[np.lexsort((candidates, -values[candidates]))]
