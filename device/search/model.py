"""What a search needs of a model."""

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
        TOP: The most likely ones are enough.
        SHORTLIST: The most likely ones of the shortlist for the source, or of all if the model has no shortlist.
    """

    FULL = "full"
    TOP = "top"
    SHORTLIST = "shortlist"


@dataclass(frozen=True)
class StepOutput:
    """The outputs of one decoder step.

    Attributes:
        logits: `(rows, columns)`.
        states, attention: `(rows, …)`; attention is None if the model has none.
        token_ids: The token of each column, `(rows, columns)`, if there are columns for the most likely tokens only;
            their logits are log-probabilities then. None: column i is token i.
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
    """The target of a greedy search inside the model: ids and log-probabilities `(length,)`, including eos where it
    was reached, and attention `(length, source_length)`."""

    ids: np.ndarray
    log_probs: np.ndarray
    attention: np.ndarray | None


class SequenceModel(ABC):
    """A trained encoder-decoder, whatever runs it.

    Attributes:
        mutable: For each state whether a step changes it; only these are reordered between hypotheses.
        max_batch_size: Number of sources that `encode` takes at once.
        unknown: Whether the model was trained with unk as the answer to sources that have none. unk is never generated,
            but its probability lowers that of all other tokens.
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
            sources: Unpadded features of each, with the same names and dtypes.
            vocabulary: Tokens that the steps must give; a model may always give all.

        Returns:
            The memory, which only the model reads, and the initial states with one row for each source.
        """

    @abstractmethod
    def step(self, token_ids: np.ndarray, memory: Any, sentence: np.ndarray, states: list[np.ndarray]) -> StepOutput:
        """Decode one token for each row.

        Args:
            token_ids: The previous token of each row, `(rows,)`.
            memory: As `encode` returned it.
            sentence: Index of the source of each row, `(rows,)`.
            states: Each `(rows, …)`.
        """

    def check_beam(self, beam: int) -> None:
        """Raise a UserError if the model cannot decode this many rows; by default it can decode any number."""
        return None

    def greedy(self, source: Features, options: DecodingOptions) -> GreedyOutput | None:
        """A whole greedy search in one call, or None if the model does not offer it, as by default."""
        return None


def log_softmax(logits: np.ndarray, unknown: bool = False) -> np.ndarray:
    """Log-probabilities `(rows, vocabulary)`; pad, unk and bos are never generated.

    Args:
        unknown: unk has a share of the probability all the same, as for `SequenceModel`.
    """
    log_probs = logits - logits[:, EOS:].max(axis=1, keepdims=True)
    no_answer = np.exp(log_probs[:, UNK]) if unknown else 0.0
    log_probs[:, :EOS] = -np.inf
    log_probs -= np.log(no_answer + np.exp(log_probs).sum(axis=1))[:, np.newaxis]
    return log_probs
