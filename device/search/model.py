"""Interface between the search and a model."""

from abc import ABC, abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass
from enum import Enum
from typing import Any, NamedTuple

import numpy as np

from seq2edge.device.processors.interface import Features
from seq2edge.device.search.options import DecodingOptions
from seq2edge.device.special_ids import EOS, UNK


class Vocabulary(Enum):
    """The tokens for which a search needs log-probabilities at each step.

    Attributes:
        FULL: All tokens.
        TOP: Only the most likely tokens.
        SHORTLIST: Only the most likely tokens of the shortlist for the source; as TOP if the model has no shortlist.
    """

    FULL = "full"
    TOP = "top"
    SHORTLIST = "shortlist"


@dataclass(frozen=True)
class StepOutput:
    """The outputs of one decoder step.

    Attributes:
        logits: Logits of the next tokens, `(rows, columns)`; if `token_ids` is given, log-probabilities.
        states: States after the step, each `(rows, …)`.
        attention: Attention weights `(rows, source_length)`; None if the model has no attention.
        token_ids: Token id of each column, `(rows, columns)`, if there are columns for only the most likely tokens.
            None: column i is token i.
        unknown: As for `SequenceModel`.
    """

    logits: np.ndarray
    states: list[np.ndarray]
    attention: np.ndarray | None
    token_ids: np.ndarray | None = None
    unknown: bool = False

    def log_probs(self) -> np.ndarray:
        """Log-probabilities `(rows, columns)` in nats."""
        return log_softmax(self.logits, self.unknown) if self.token_ids is None else self.logits


class GreedyOutput(NamedTuple):
    """The target of a greedy search inside the model.

    Attributes:
        ids: Token ids `(length,)`, including eos if it was reached.
        log_probs: Log-probability of each id in nats, `(length,)`.
        attention: Weights `(length, source_length)`; None if the model has no attention.
    """

    ids: np.ndarray
    log_probs: np.ndarray
    attention: np.ndarray | None


class SequenceModel(ABC):
    """A trained encoder-decoder, independent of what runs it: Keras or a device runtime.

    Attributes:
        mutable: For each state whether a step changes it. Only these states are reordered between hypotheses.
        max_batch_size: Maximum number of sources in a call of `encode`.
        unknown: Whether the model was trained to answer unk to sources that have no answer. unk is never generated, but
            its probability lowers the probability of all other tokens.
    """

    mutable: Sequence[bool]
    max_batch_size: int
    unknown: bool = False

    @abstractmethod
    def encode(
        self, sources: Sequence[Features], vocabulary: Vocabulary = Vocabulary.FULL
    ) -> tuple[Any, list[np.ndarray]]:
        """Encode sources.

        Args:
            sources: Unpadded features of each source, all with the same names and dtypes.
            vocabulary: Tokens for which the steps must return log-probabilities. A model may always return all.

        Returns:
            The memory, which is opaque to the caller, and the initial states, each `(len(sources), …)`.
        """

    @abstractmethod
    def step(self, token_ids: np.ndarray, memory: Any, sentence: np.ndarray, states: list[np.ndarray]) -> StepOutput:
        """Decode one token for each row.

        Args:
            token_ids: Previous token of each row, `(rows,)`.
            memory: Memory returned by `encode`.
            sentence: Index of the source of each row, `(rows,)`.
            states: States of the rows, each `(rows, …)`.
        """

    def check_beam(self, beam: int) -> None:
        """Raise a `UserError` if the model cannot decode this many rows. By default any number is allowed."""
        return None

    def greedy(self, source: Features, options: DecodingOptions) -> GreedyOutput | None:
        """Run a whole greedy search in one call; return None if the model does not support it, as by default."""
        return None


def log_softmax(logits: np.ndarray, unknown: bool = False) -> np.ndarray:
    """Compute log-probabilities `(rows, vocabulary)` from logits. pad, unk and bos get -inf.

    Args:
        logits: Logits `(rows, vocabulary)`.
        unknown: Whether unk still takes its share of the probability, as for `SequenceModel`.
    """
    log_probs = logits - logits[:, EOS:].max(axis=1, keepdims=True)
    no_answer = np.exp(log_probs[:, UNK]) if unknown else 0.0
    log_probs[:, :EOS] = -np.inf
    log_probs -= np.log(no_answer + np.exp(log_probs).sum(axis=1))[:, np.newaxis]
    return log_probs
