"""Decoding of many sources together, over any model that can encode and take one step."""

from collections.abc import Generator, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np

from seq2edge.device.errors import UserError
from seq2edge.device.options import BOS, EOS, DecodingOptions
from seq2edge.device.search import Hypothesis, Search


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
        together: How many sources it may be given at once.
    """

    changing: Sequence[bool]
    together: int

    def encode(self, source_ids: Sequence[np.ndarray]) -> tuple[Any, list[np.ndarray]]:
        """Sources (each ending in eos, unpadded) → a memory only the model looks into, and states with a row each."""

    def step(self, token_ids: np.ndarray, memory: Any, sentence: np.ndarray, states: list[np.ndarray]) -> StepOutput:
        """One token for each row; `sentence` says which source a row belongs to."""


def decode(model: SequenceModel, source_ids: Sequence[np.ndarray], options: DecodingOptions) -> list[list[Hypothesis]]:
    """Search for the best targets of all sources together.

    Args:
        source_ids: Each `(source_length,)`, ending in eos, unpadded.

    Returns:
        For each source its `n_best` hypotheses, best first.

    Raises:
        UserError: If a coverage penalty is asked of a model without attention.
    """
    steps = decode_steps(model, source_ids, options)
    while True:
        try:
            next(steps)
        except StopIteration as end:
            return end.value


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
    memory, states = model.encode(source_ids)
    rows = np.arange(len(source_ids))
    tokens = np.full(len(rows), BOS)
    found: list[list[float]] = [[] for _ in rows]
    for step in range(max(map(len, target_ids))):
        output = model.step(tokens, memory, rows, states)
        states = output.states
        log_probs = log_softmax(output.logits)
        for row, target in enumerate(target_ids):
            if step < len(target):
                tokens[row] = target[step]
                found[row].append(float(log_probs[row, target[step]]))
    return [np.array(values) for values in found]


def decode_steps(
    model: SequenceModel, source_ids: Sequence[np.ndarray], options: DecodingOptions
) -> Generator[list[Search], None, list[list[Hypothesis]]]:
    """`decode`, which yields the searches after each step; `Search.agreed` is what is settled by then.

    What is not asked for any more is not computed: a search is cancelled by leaving it.
    """
    if not source_ids:
        return []
    memory, states = model.encode(source_ids)
    searches = [Search(options, ids) for ids in source_ids]
    sentence = np.arange(len(source_ids))
    tokens = np.full(len(source_ids), BOS, np.int32)
    while len(sentence):
        output = model.step(tokens, memory, sentence, states)
        if options.coverage_penalty and output.attention is None:
            raise UserError("coverage_penalty: this model has no attention to count it by; allowed is 0")
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
        same_rows = next_sentence == sentence.tolist()
        states = [
            new[kept] if changes or not same_rows else old
            for changes, old, new in zip(model.changing, states, output.states, strict=True)
        ]
        sentence, tokens = np.array(next_sentence, np.int64), np.array(next_tokens, np.int32)
        yield searches
    return [search.results() for search in searches]


def log_softmax(logits: np.ndarray) -> np.ndarray:
    """Log-probabilities `(rows, vocabulary)`; pad, unk and bos are never generated."""
    logits = logits.astype(np.float32)
    logits[:, :EOS] = -np.inf
    shifted = logits - logits.max(axis=1, keepdims=True)
    return shifted - np.log(np.exp(shifted).sum(axis=1, keepdims=True))
