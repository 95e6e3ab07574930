"""Slots in a search with `all_items`: a target has every item of its source, and none is extended or repeated."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from seq2edge.device.special_ids import EOS

if TYPE_CHECKING:  # it imports sentencepiece, which a search does not need
    from seq2edge.device.target_tokenizer import TargetTokenizer

DIGITS, SLASHES, SEPARATORS = "0123456789", "/\\", (".", ",", ":")


@dataclass(frozen=True)
class SlotUse:
    """How a target may use the slots of its source.

    Attributes:
        counts: Id of each slot, and how often its item occurs in the source.
        extending: Tokens that begin with a digit or a slash. Directly after a slot they would extend its item.
        digits: Tokens that begin with a digit. After a slot and a separator they would extend its item.
        separators: The tokens ".", "," and ":".
    """

    counts: tuple[tuple[int, int], ...]
    extending: frozenset[int] = frozenset()
    digits: frozenset[int] = frozenset()
    separators: frozenset[int] = frozenset()

    @classmethod
    def of(cls, slots: Mapping[str, int], tokenizer: "TargetTokenizer") -> "SlotUse":
        """Look up the tokens of `SourceProcessor.slots_of`."""
        return cls(
            tuple((tokenizer.id_of(token), count) for token, count in slots.items()),
            tokenizer.starting_with(DIGITS + SLASHES),
            tokenizer.starting_with(DIGITS),
            frozenset(map(tokenizer.id_of, SEPARATORS)),
        )

    def unwritten(self, ids: tuple[int, ...]) -> list[int]:
        """The slots of the source that a target does not have."""
        return [slot for slot, count in self.counts if count and slot not in ids]


class WriteSlots:
    """A logit filter that completes and limits the slots of a target.

    When eos is the most likely token and a slot of the source is unwritten, only unwritten slots are allowed. A slot
    that the target has as often as the source is forbidden, and so are tokens that extend the item of a slot.
    """

    def __init__(self, use: SlotUse):
        self.use, self.slots = use, {slot for slot, _ in use.counts}

    def apply(self, ids: tuple[int, ...], log_probs: np.ndarray) -> None:
        """As `LogitFilter.apply`."""
        unwritten, given = self.use.unwritten(ids), log_probs.copy()
        for slot, most in self.use.counts:
            if ids.count(slot) >= most:
                log_probs[slot] = -np.inf
        if ids and ids[-1] in self.slots:
            log_probs[list(self.use.extending)] = -np.inf
        elif len(ids) > 1 and ids[-2] in self.slots and ids[-1] in self.use.separators:
            log_probs[list(self.use.digits)] = -np.inf
        if unwritten:
            if log_probs.argmax() == EOS:
                log_probs[:] = -np.inf
                log_probs[unwritten] = given[unwritten]
            log_probs[EOS] = -np.inf
