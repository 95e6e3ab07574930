"""The search for one source: greedy, beam, diverse beam, sampling; all of them in numpy, a step at a time."""

import math
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

import numpy as np

from seq2edge.device.search.constraints import Constraints
from seq2edge.device.search.options import DecodingOptions, Ids
from seq2edge.device.special_ids import EOS

SHORT = 500  # values that are sorted sooner than partitioned
LEAST_COVERAGE = 1e-3  # of a source token that nothing looked at; its logarithm has to be finite

Indices = Sequence[int] | np.ndarray


@dataclass(frozen=True)
class Hypothesis:
    """A target.

    Attributes:
        ids: Without bos and eos.
        score: What the search ranks by: the sum of the log-probabilities, less what `given_penalty` takes, divided by
            the length penalty, plus the coverage penalty.
        log_probability: Sum over the ids and eos, in nats.
        word_log_probs: Of each id, and of eos where it was reached.
        attention: `(len(ids), source_length)`, or None where the model has none.
        finished: False where it was cut at the longest length.
        missing: Required phrases it lacks.
    """

    ids: Ids
    score: float
    log_probability: float
    word_log_probs: tuple[float, ...]
    attention: np.ndarray | None
    finished: bool
    missing: tuple[Ids, ...] = ()

    @property
    def confidence(self) -> float:
        """Geometric mean of the probabilities of its tokens, 0 to 1."""
        return math.exp(self.log_probability / max(len(self.word_log_probs), 1))

    @property
    def alignment(self) -> tuple[int, ...] | None:
        """For each id the source position looked at most, or None where the model has no attention."""
        return None if self.attention is None else tuple(int(i) for i in self.attention.argmax(axis=1))


@dataclass
class Live:
    """A hypothesis that still grows.

    Attributes:
        total: What it is ranked by so far.
        group: Of the beam; None before the first token.
    """

    ids: Ids = ()
    log_probs: tuple[float, ...] = ()
    total: float = 0.0
    attention: tuple[np.ndarray, ...] = field(default=(), repr=False)
    group: int | None = None


class Finished(NamedTuple):
    """A hypothesis that has its end, or none but was cut; score and missing as of `Hypothesis`."""

    live: Live
    score: float
    ended: bool
    missing: tuple[Ids, ...]


class Candidate(NamedTuple):
    """A row with a token that it may go on with, its log-probability, and what the rules have left of that."""

    row: int
    token: int
    log_prob: float
    allowed: float


class Search:
    """Takes log-probabilities of its live rows, says which rows go on with which tokens.

    Args:
        source_ids: `(source_length,)`, eos included.
    """

    def __init__(self, options: DecodingOptions, source_ids: np.ndarray):
        self.options, self.source_length = options, len(source_ids)
        least, self.most = options.limits(self.source_length)
        self.constraints = Constraints(options, least, self.most)
        self.width = options.beam // options.groups  # of a group
        self.live = [Live()]
        self.finished: list[list[Finished]] = [[] for _ in range(options.groups)]
        if options.sample:
            self.random = np.random.default_rng([options.seed, *(int(i) for i in source_ids)])

    def advance(
        self, log_probs: np.ndarray, attention: np.ndarray | None, token_ids: np.ndarray | None = None
    ) -> list[int]:
        """Take what a step gave for the live rows and return, for each new live row, the row it grew from.

        Args:
            log_probs: `(rows, columns)`.
            attention: `(rows, source_length)`, or None.
            token_ids: The token each column stands for; None: column i is token i, which options need that are not
                `plain`.
        """
        before, allowed = self.live, log_probs
        if self.constraints.active:
            allowed = np.stack(
                [self.constraints.apply(live.ids, row) for live, row in zip(before, log_probs, strict=True)]
            )
        grown: list[tuple[Live, int]] = []
        taken: Counter[int] = Counter()  # by the groups so far
        for group in range(self.options.groups):
            rows = [row for row, live in enumerate(before) if live.group in (group, None)]
            chosen: list[tuple[Live, int]] = []
            places = self._places(rows, allowed, taken)
            for candidate in _candidates(*places, log_probs, allowed, token_ids):
                if len(chosen) == self.width:
                    break
                if self.options.diversity:
                    taken[candidate.token] += 1
                after = self._grow(before[candidate.row], candidate, attention, group)
                if after is not None:
                    chosen.append((after, candidate.row))
            if not chosen and not self.finished[group] and rows:  # nothing is allowed to follow
                self._finish(max((before[row] for row in rows), key=lambda live: live.total), group, ended=False)
            if not self._decided(group, [live for live, _ in chosen]):
                grown += chosen
        self.live = [live for live, _ in grown]
        return [row for _, row in grown]

    def _places(self, rows: list[int], allowed: np.ndarray, taken: Counter[int]) -> tuple[Indices, Indices]:
        """Rows of a group and the column of a token that each may go on with, best first."""
        if not rows:
            return [], []
        if self.options.sample:
            draws = rows * self.width if self.live[0].group is None else rows
            return draws, [self._draw(allowed[row]) for row in draws]
        totals = allowed if len(rows) == len(allowed) else allowed[rows]
        totals = totals + np.array([[self.live[row].total] for row in rows], allowed.dtype)
        for token, times in taken.items() if self.options.diversity else ():
            totals[:, token] -= self.options.diversity * times
        wanted = 2 * self.width if self.options.beam > 1 else 1
        places, columns = np.divmod(_top(totals.ravel(), min(wanted, totals.size)), totals.shape[1])
        if self.options.required:
            places, columns = self._share_among_phrases(places, columns, totals, rows)
        return np.array(rows)[places], columns

    def _share_among_phrases(
        self, places: np.ndarray, columns: np.ndarray, totals: np.ndarray, rows: list[int]
    ) -> tuple[np.ndarray, np.ndarray]:
        """Candidates with so many tokens of the required phrases in turn, those with most first.

        Each such number has its share of the beam, so that a phrase is not lost because its tokens are unlikely
        (dynamic beam allocation, Post & Vilar 2018).
        """
        extra = {
            (place, token) for place, row in enumerate(rows) for token in self.constraints.wanted(self.live[row].ids)
        }
        extra |= {(place, int(totals[place].argmax())) for place in range(len(rows))}
        shares: dict[int, list[tuple[int, int]]] = {}
        for place, token in sorted(
            extra.union(zip(places.tolist(), columns.tolist(), strict=True)), key=lambda candidate: -totals[candidate]
        ):
            ids = self.live[rows[place]].ids
            met = self.constraints.met(ids if token == EOS else (*ids, token))
            shares.setdefault(met, []).append((place, token))
        queues = [shares[met] for met in sorted(shares, reverse=True)]
        longest = max(len(queue) for queue in queues)
        chosen = [queue[turn] for turn in range(longest) for queue in queues if turn < len(queue)]
        return tuple(np.array(chosen).T)

    def _draw(self, allowed: np.ndarray) -> int:
        """A token at random, of the likeliest that the options leave."""
        options = self.options
        order = np.argsort(-allowed, kind="stable")
        if options.top_k:
            order = order[: options.top_k]
        scaled = (allowed[order] - allowed[order[0]]) / options.temperature
        probabilities = np.exp(scaled, dtype=np.float64)
        probabilities /= probabilities.sum()
        if options.top_p < 1:  # the last one that is needed to reach p belongs to them
            kept = 1 + int(np.searchsorted(np.cumsum(probabilities), options.top_p))
            order, probabilities = order[:kept], probabilities[:kept] / probabilities[:kept].sum()
        return int(self.random.choice(order, p=probabilities))

    def _grow(self, live: Live, candidate: Candidate, attention: np.ndarray | None, group: int) -> Live | None:
        """The hypothesis with one more token, or None where that finishes it."""
        ends = candidate.token == EOS
        ids = live.ids if ends else (*live.ids, candidate.token)
        looked = live.attention if attention is None or ends else (*live.attention, attention[candidate.row])
        after = Live(ids, (*live.log_probs, candidate.log_prob), live.total + candidate.allowed, looked, group)
        if ends or len(after.log_probs) >= self.most:
            self._finish(after, group, ends)
            return None
        return after

    def _finish(self, live: Live, group: int, ended: bool) -> None:
        score = live.total / penalty(len(live.log_probs), self.options.length_penalty)
        if self.options.coverage_penalty and live.attention:
            score += self.options.coverage_penalty * coverage(np.stack(live.attention)[:, : self.source_length])
        kept = self.finished[group]
        kept.append(Finished(live, score, ended, self.constraints.missing(live.ids)))
        kept.sort(key=lambda finished: (len(finished.missing), -finished.score))
        del kept[self.width :]

    def _decided(self, group: int, live: list[Live]) -> bool:
        """Can no live hypothesis enter what is returned any more?

        A total only falls, a length penalty only grows, and a coverage penalty is at most 0: no descendant of a live
        hypothesis scores above its total divided by the length penalty of the longest target.
        """
        if not live or self.options.sample:
            return not live
        wanted = -(-self.options.n_best // self.options.groups)
        kept = self.finished[group]
        if len(kept) < wanted or kept[wanted - 1].missing:
            return False
        bound = max(hypothesis.total for hypothesis in live) / penalty(self.most, self.options.length_penalty)
        return bound <= kept[wanted - 1].score

    @property
    def agreed(self) -> Ids:
        """What the answer is sure to begin with."""
        candidates = [live.ids for live in self.live] + [kept[0].live.ids for kept in self.finished if kept]
        shortest = min(candidates, key=len)
        return next(
            (
                shortest[:place]
                for place, token in enumerate(shortest)
                if any(ids[place] != token for ids in candidates)
            ),
            shortest,
        )

    def results(self) -> list[Hypothesis]:
        """The n best, best first; of groups the best of each, then the second of each."""
        width = max(len(kept) for kept in self.finished)
        found: dict[Ids, Finished] = {}
        for rank in range(width):
            of_rank = [kept[rank] for kept in self.finished if rank < len(kept)]
            for finished in sorted(of_rank, key=lambda finished: -finished.score):
                found.setdefault(finished.live.ids, finished)
        return [_hypothesis(finished) for finished in list(found.values())[: self.options.n_best]]


def _candidates(
    rows: Indices,
    columns: Indices,
    log_probs: np.ndarray,
    allowed: np.ndarray,
    token_ids: np.ndarray | None,
) -> Iterator[Candidate]:
    """What stands in some rows and columns, without what the rules forbid."""
    rows, columns = np.asarray(rows, np.intp), np.asarray(columns, np.intp)
    tokens = columns if token_ids is None else token_ids[rows, columns]
    found = (rows, tokens, log_probs[rows, columns], allowed[rows, columns])
    for candidate in map(Candidate, *(values.tolist() for values in found)):
        if candidate.allowed > -math.inf:
            yield candidate


def _hypothesis(finished: Finished) -> Hypothesis:
    live, score, ended, missing = finished
    attention = np.stack(live.attention) if live.attention else None
    return Hypothesis(live.ids, score, sum(live.log_probs), live.log_probs, attention, ended, missing)


def penalty(length: int, alpha: float) -> float:
    """Length penalty of Wu et al. 2016, equation 14; `length` counts eos."""
    return ((5 + length) / 6) ** alpha


def coverage(attention: np.ndarray) -> float:
    """Sum over the source of log(min(attention received, 1)), equation 14 without its beta; at most 0."""
    received = np.clip(attention.sum(axis=0), LEAST_COVERAGE, 1.0)
    return float(np.log(received).sum())


def _top(values: np.ndarray, count: int) -> np.ndarray:
    """Indices of the `count` largest values, largest first; of equal ones the first."""
    if count == 1:
        return np.array([values.argmax()])
    if len(values) < SHORT:
        return np.argsort(-values, kind="stable")[:count]
    candidates = np.argpartition(-values, count - 1)[:count]
    return candidates[np.lexsort((candidates, -values[candidates]))]
