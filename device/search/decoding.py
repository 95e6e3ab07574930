"""Decoding of many sources together, over any model that can encode and take one step."""

from collections.abc import Generator, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple, Protocol

import numpy as np

from seq2edge.device.errors import UserError
from seq2edge.device.search.options import DecodingOptions
from seq2edge.device.search.search import Hypothesis, Search, penalty
from seq2edge.device.special_ids import BOS, EOS


@dataclass(frozen=True)
class StepOutput:
    """What a step gives.

    Attributes:
        logits: `(rows, columns)`.
        states, attention: `(rows, …)`.
        token_ids: Where only the likeliest tokens are given, the token of each column, `(rows, columns)`; their logits
            are log-probabilities then. None: there is a column for each of the vocabulary.
    """

    logits: np.ndarray
    states: list[np.ndarray]
    attention: np.ndarray | None
    token_ids: np.ndarray | None = None

    def log_probs(self) -> np.ndarray:
        """Log-probabilities `(rows, columns)` in nats."""
        return log_softmax(self.logits) if self.token_ids is None else self.logits


class Greedy(NamedTuple):
    """A target that was searched greedily: ids and log-probabilities `(length,)`, eos counted where it was reached, and
    attention `(length, source_length)`."""

    ids: np.ndarray
    log_probs: np.ndarray
    attention: np.ndarray | None


class SequenceModel(Protocol):
    """What a search needs of a model.

    Attributes:
        mutable: For each state, whether a step changes it; only these are reordered between hypotheses.
        max_batch_size: Sources that `encode` takes at once.
    """

    mutable: Sequence[bool]
    max_batch_size: int

    def encode(
        self, source_ids: Sequence[np.ndarray], options: DecodingOptions | None = None
    ) -> tuple[Any, list[np.ndarray]]:
        """Sources (each ending in eos, unpadded) → a memory only the model looks into, and states with a row each.

        Args:
            options: Of the search; tokens it will not look at may be missing from the steps. None: none is.
        """

    def step(self, token_ids: np.ndarray, memory: Any, sentence: np.ndarray, states: list[np.ndarray]) -> StepOutput:
        """One token for each row; `sentence` says which source a row belongs to."""

    def check_beam(self, beam: int) -> None:
        """Raise a UserError where a beam is wider than the model has steps for."""
        return None

    def greedy(self, source_ids: np.ndarray, options: DecodingOptions) -> Greedy | None:
        """A whole greedy search in one call, or None where the model offers none."""
        return None


def decode(model: SequenceModel, source_ids: Sequence[np.ndarray], options: DecodingOptions) -> list[list[Hypothesis]]:
    """Search for the best targets of all sources together.

    Args:
        source_ids: Each `(source_length,)`, ending in eos, unpadded.

    Returns:
        For each source its `n_best` hypotheses, best first.

    Raises:
        UserError: If a coverage penalty is asked of a model without attention.
    """
    if options.beam == 1 and options.plain and not options.coverage_penalty:
        told = [model.greedy(ids, options) for ids in source_ids]
        if None not in told:
            return [[_hypothesis(one, options)] for one in told if one]
    return decode_stepwise(model, source_ids, options)


def _hypothesis(told: Greedy, options: DecodingOptions) -> Hypothesis:
    ended = EOS in told.ids[-1:]
    ids = tuple(told.ids[: len(told.ids) - ended].tolist())
    log_probs = tuple(told.log_probs.tolist())
    attention = None if told.attention is None or not ids else told.attention[: len(ids)]
    score = sum(log_probs) / penalty(len(log_probs), options.length_penalty)
    return Hypothesis(ids, score, sum(log_probs), log_probs, attention, ended)


def decode_stepwise(
    model: SequenceModel, source_ids: Sequence[np.ndarray], options: DecodingOptions
) -> list[list[Hypothesis]]:
    """`decode`, a step at a time whatever the model offers."""
    steps = decode_steps(model, source_ids, options)
    while True:
        try:
            next(steps)
        except StopIteration as end:
            return end.value


def forced_steps(
    model: SequenceModel, source_ids: Sequence[np.ndarray], target_ids: Sequence[Sequence[int]]
) -> Iterator[StepOutput]:
    """Run a model along given targets.

    Args:
        source_ids: As for `decode`.
        target_ids: Of each source. A target that has ended repeats its last id.

    Yields:
        For each target position the outputs, a row a source, before that position's id is read.
    """
    memory, states = model.encode(source_ids)
    rows = np.arange(len(source_ids))
    tokens = np.full(len(rows), BOS, np.int32)
    for position in range(max(map(len, target_ids))):
        output = model.step(tokens, memory, rows, states)
        yield output
        states = output.states
        for row, target in enumerate(target_ids):
            if position < len(target):
                tokens[row] = target[position]


def target_log_probs(
    model: SequenceModel, source_ids: Sequence[np.ndarray], target_ids: Sequence[Sequence[int]]
) -> list[np.ndarray]:
    """Log-probabilities in nats of given targets, a step at a time as a search sees them.

    Args:
        source_ids: As for `decode`.
        target_ids: Of each source, ending in eos.

    Returns:
        For each source one of every target id.
    """
    found: list[list[float]] = [[] for _ in source_ids]
    for position, output in enumerate(forced_steps(model, source_ids, target_ids)):
        log_probs = output.log_probs()
        for row, target in enumerate(target_ids):
            if position < len(target):
                found[row].append(float(log_probs[row, target[position]]))
    return [np.array(values) for values in found]


def decode_steps(
    model: SequenceModel, source_ids: Sequence[np.ndarray], options: DecodingOptions
) -> Generator[list[Search], None, list[list[Hypothesis]]]:
    """`decode`, which yields the searches after each step; `Search.agreed` is what is settled by then.

    What is not asked for any more is not computed: a search is cancelled by leaving it.
    """
    if not source_ids:
        return []
    memory, states = model.encode(source_ids, options)
    searches = [Search(options, ids) for ids in source_ids]
    live = list(enumerate([1] * len(searches)))  # numbers of the sources with how many rows each has, in their order
    sentence = np.arange(len(source_ids))
    tokens = np.full(len(source_ids), BOS, np.int32)
    while live:
        output = model.step(tokens, memory, sentence, states)
        if options.coverage_penalty and output.attention is None:
            raise UserError("coverage_penalty: this model has no attention to count it by; allowed is 0")
        log_probs = output.log_probs()
        before, live, kept, next_tokens, first = live, [], [], [], 0
        for number, count in before:
            rows = slice(first, first + count)
            search = searches[number]
            attention = None if output.attention is None else output.attention[rows]
            ids = None if output.token_ids is None else output.token_ids[rows]
            parents = search.advance(log_probs[rows], attention, ids)
            kept += [first + parent for parent in parents]
            next_tokens += [hypothesis.ids[-1] for hypothesis in search.live]
            if parents:
                live.append((number, len(parents)))
            first += count
        if kept == list(range(len(sentence))):
            states = output.states
        else:
            order = np.array(kept, np.intp)
            states = [
                new.take(order, axis=0) if changes or live != before else old
                for changes, old, new in zip(model.mutable, states, output.states, strict=True)
            ]
        if live != before:
            sentence = np.repeat(*np.array(live).T) if live else sentence[:0]
        tokens = np.array(next_tokens, np.int32)
        yield searches
    return [search.results() for search in searches]


def log_softmax(logits: np.ndarray) -> np.ndarray:
    """Log-probabilities `(rows, vocabulary)`; pad, unk and bos are never generated."""
    log_probs = logits - logits[:, EOS:].max(axis=1, keepdims=True)
    log_probs[:, :EOS] = -np.inf
    log_probs -= np.log(np.exp(log_probs).sum(axis=1, keepdims=True))
    return log_probs
