"""Greedy and beam search in numpy, over any model that can encode and take one step."""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

import numpy as np

from seq2edge.device.errors import UserError

PAD, UNK, BOS, EOS = 0, 1, 2, 3
LARGEST_BEAM = 64


@dataclass(frozen=True)
class DecodingOptions:
    """How to search.

    Attributes:
        beam: Hypotheses kept side by side; 1 is greedy search.
        n_best: Hypotheses returned, at most `beam`.
        max_length: Target pieces at most, eos counted.
        length_penalty: Alpha of Wu et al. 2016, equation 14; 0 prefers short targets.
    """

    beam: int = 1
    n_best: int = 1
    max_length: int = 64
    length_penalty: float = 0.6

    def __post_init__(self) -> None:
        mistakes = []
        if not 1 <= self.beam <= LARGEST_BEAM:
            mistakes.append(f"beam is {self.beam}, allowed are 1 to {LARGEST_BEAM}")
        if not 1 <= self.n_best <= max(self.beam, 1):
            mistakes.append(f"n_best is {self.n_best}, allowed are 1 to the beam, {self.beam}")
        if self.max_length < 1:
            mistakes.append(f"max_length is {self.max_length}, allowed is 1 or more")
        if self.length_penalty < 0:
            mistakes.append(f"length_penalty is {self.length_penalty}, allowed is 0 or more")
        if mistakes:
            raise UserError("; ".join(mistakes))


@dataclass(frozen=True)
class Hypothesis:
    """A target.

    Attributes:
        ids: Without bos and eos.
        score: `log_probability` divided by the length penalty.
        log_probability: Sum over the ids and eos, in nats.
        word_log_probs: Of each id, and of eos where it was reached.
        attention: `(len(ids), source_length)`, or None where the model has none.
        finished: False where it was cut at `max_length`.
    """

    ids: tuple[int, ...]
    score: float
    log_probability: float
    word_log_probs: tuple[float, ...]
    attention: np.ndarray | None
    finished: bool


@dataclass(frozen=True)
class StepOutput:
    """What a step gives: logits `(rows, vocabulary)`, states and attention `(rows, …)`."""

    logits: np.ndarray
    states: list[np.ndarray]
    attention: np.ndarray | None


class SequenceModel(Protocol):
    """What a search needs of a model.

    Attributes:
        changing: For each state, whether a step changes it; only these are reordered between hypotheses.
    """

    changing: Sequence[bool]

    def encode(self, source_ids: Sequence[np.ndarray]) -> tuple[Any, list[np.ndarray]]:
        """Sources (each ending in eos, unpadded) → a memory only the model looks into, and states with a row each."""

    def step(self, token_ids: np.ndarray, memory: Any, sentence: np.ndarray, states: list[np.ndarray]) -> StepOutput:
        """One token for each row; `sentence` says which source a row belongs to."""


@dataclass
class _Live:
    """A hypothesis that still grows."""

    ids: tuple[int, ...] = ()
    log_probs: tuple[float, ...] = ()
    total: float = 0.0
    attention: tuple[np.ndarray, ...] = field(default=(), repr=False)


class _Search:
    """The search for one source: takes log-probabilities of its live rows, says which rows go on with which tokens."""

    def __init__(self, options: DecodingOptions):
        self.options = options
        self.live = [_Live()]
        self.finished: list[Hypothesis] = []

    def advance(self, log_probs: np.ndarray, attention: np.ndarray | None) -> list[int]:
        """Take `(live rows, vocabulary)` and return, for each new live row, the row it grew from."""
        options = self.options
        vocabulary = log_probs.shape[1]
        totals = log_probs + np.array([[live.total] for live in self.live], log_probs.dtype)
        wanted = min(2 * options.beam, totals.size) if options.beam > 1 else 1
        best = _top(totals.ravel(), wanted)
        grown, parents = [], []
        for flat in best:
            row, token = divmod(int(flat), vocabulary)
            before = self.live[row]
            log_prob = float(log_probs[row, token])
            if not math.isfinite(log_prob):
                continue
            looked = before.attention if attention is None or token == EOS else (*before.attention, attention[row])
            ids = before.ids if token == EOS else (*before.ids, token)
            after = _Live(ids, (*before.log_probs, log_prob), before.total + log_prob, looked)
            if token == EOS:
                self._finish(after, finished=True)
            elif len(after.log_probs) >= options.max_length:
                self._finish(after, finished=False)
            else:
                grown.append(after)
                parents.append(row)
            if len(grown) == options.beam:
                break
        self.live = grown
        if self._decided():
            self.live = []
        return parents[: len(self.live)]

    def _finish(self, live: _Live, finished: bool) -> None:
        attention = np.stack(live.attention) if live.attention else None
        score = live.total / penalty(len(live.log_probs), self.options.length_penalty)
        self.finished.append(Hypothesis(live.ids, score, live.total, live.log_probs, attention, finished))
        self.finished.sort(key=lambda hypothesis: -hypothesis.score)
        del self.finished[self.options.beam :]

    def _decided(self) -> bool:
        """Can no live hypothesis enter the kept ones any more? A log-probability only falls, a penalty only grows."""
        if len(self.finished) < self.options.beam or not self.live:
            return not self.live
        bound = max(live.total for live in self.live) / penalty(self.options.max_length, self.options.length_penalty)
        return bound <= self.finished[-1].score


def penalty(length: int, alpha: float) -> float:
    """Length penalty of Wu et al. 2016, equation 14; `length` counts eos."""
    return ((5 + length) / 6) ** alpha


def decode(
    model: SequenceModel,
    source_ids: Sequence[np.ndarray],
    options: DecodingOptions,
    on_token: Callable[[int, tuple[int, ...]], None] | None = None,
) -> list[list[Hypothesis]]:
    """Search for the best targets of all sources together.

    Args:
        source_ids: Each `(source_length,)`, ending in eos, unpadded.
        on_token: With a beam of 1, called with the source's number and its ids so far after each new one.

    Returns:
        For each source its `n_best` hypotheses, best first.
    """
    if not source_ids:
        return []
    memory, states = model.encode(source_ids)
    searches = [_Search(options) for _ in source_ids]
    sentence = np.arange(len(source_ids))
    tokens = np.full(len(source_ids), BOS, np.int32)
    while len(sentence):
        output = model.step(tokens, memory, sentence, states)
        log_probs = log_softmax(output.logits)
        kept, next_sentence, next_tokens = [], [], []
        for number in np.unique(sentence):
            rows = np.flatnonzero(sentence == number)
            search = searches[number]
            attention = None if output.attention is None else output.attention[rows]
            parents = search.advance(log_probs[rows], attention)
            kept += [int(rows[parent]) for parent in parents]
            next_sentence += [int(number)] * len(parents)
            next_tokens += [live.ids[-1] for live in search.live]
            if on_token is not None and options.beam == 1:
                on_token(int(number), search.live[0].ids if search.live else search.finished[0].ids)
        same_rows = next_sentence == sentence.tolist()
        states = [
            new[kept] if changes or not same_rows else old
            for changes, old, new in zip(model.changing, states, output.states, strict=True)
        ]
        sentence, tokens = np.array(next_sentence, np.int64), np.array(next_tokens, np.int32)
    return [search.finished[: options.n_best] for search in searches]


def log_softmax(logits: np.ndarray) -> np.ndarray:
    """Log-probabilities `(rows, vocabulary)`; pad, unk and bos are never generated."""
    logits = logits.astype(np.float32)
    logits[:, :EOS] = -np.inf
    shifted = logits - logits.max(axis=1, keepdims=True)
    return shifted - np.log(np.exp(shifted).sum(axis=1, keepdims=True))


def _top(values: np.ndarray, count: int) -> np.ndarray:
    """Indices of the `count` largest values, largest first; of equal ones the first."""
    if count == 1:
        return np.array([values.argmax()])
    candidates = np.argpartition(-values, count - 1)[:count] if count < len(values) else np.arange(len(values))
    return candidates[np.lexsort((candidates, -values[candidates]))]
