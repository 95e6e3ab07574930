"""Slots in a search with `all_items`: a target has every item of its source, and none is extended or repeated."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

from seq2edge.device.special_ids import UNK

if TYPE_CHECKING:  # it imports sentencepiece, which a search does not need
    from seq2edge.device.target_tokenizer import TargetTokenizer

DIGITS, SLASHES, SEPARATORS = "0123456789", "/\\", (".", ",", ":")
OF_PATHS = DIGITS + SLASHES + "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz_~%@=&?#-"


class Slot(NamedTuple):
    """A slot of a vocabulary.

    Attributes:
        id: Id of its token.
        most: How often its item occurs in the source.
        extending: Tokens that would extend the item if they came next: they begin with a digit or a slash, or after a
            path with a letter.
    """

    id: int
    most: int
    extending: frozenset[int] = frozenset()


@dataclass(frozen=True)
class SlotUse:
    """How a target may use the slots of its source.

    Attributes:
        slots: All slots of the vocabulary.
        digits: Tokens that begin with a digit. After a slot and a separator they would extend the item.
        separators: The tokens ".", "," and ":".
        space: The token of a single space.
    """

    slots: tuple[Slot, ...]
    digits: frozenset[int] = frozenset()
    separators: frozenset[int] = frozenset()
    space: int = UNK

    @classmethod
    def of(cls, occurrences: Mapping[str, Sequence[str]], tokenizer: "TargetTokenizer") -> "SlotUse":
        """Look up the tokens of `SourceProcessor.slots_of`."""
        slots = (
            Slot(tokenizer.id_of(token), len(items), _extending(items, tokenizer))
            for token, items in occurrences.items()
        )
        separators = frozenset(map(tokenizer.id_of, SEPARATORS))
        return cls(tuple(slots), tokenizer.starting_with(DIGITS), separators, tokenizer.space)

    def unwritten(self, ids: tuple[int, ...]) -> list[int]:
        """The slots of the source that a target does not have."""
        return [slot.id for slot in self.slots if slot.most and slot.id not in ids]


def _extending(items: Sequence[str], tokenizer: "TargetTokenizer") -> frozenset[int]:
    if not items or items[0].endswith("}"):
        return frozenset()
    is_path = any(slash in items[0] for slash in SLASHES)
    return tokenizer.starting_with(OF_PATHS if is_path else DIGITS + SLASHES)
