"""Phrases that a target must start with, contain or avoid, as token ids."""

import dataclasses
import itertools
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from seq2edge.device.errors import UserError
from seq2edge.device.search.options import DecodingOptions
from seq2edge.device.search.slots import SlotUse

if TYPE_CHECKING:  # it imports sentencepiece, which a search does not need
    from seq2edge.device.target_tokenizer import TargetTokenizer

Ids = tuple[int, ...]
NO_SLOTS: Mapping[str, Sequence[str]] = {}


@dataclass(frozen=True)
class Phrases:
    """The phrases of `DecodingOptions` as token ids, without bos and eos.

    Attributes:
        prefix: Beginning of every target.
        required: Phrases that every target contains. Those that do not fit are listed in `Hypothesis.missing`.
        banned: Phrases that no target contains.
        earlier: Complete targets that are penalised.
        slots: For `all_items`: how the targets use the slots of the source.
    """

    prefix: Ids = ()
    required: tuple[Ids, ...] = ()
    banned: tuple[Ids, ...] = ()
    earlier: tuple[Ids, ...] = ()
    slots: SlotUse | None = None

    @classmethod
    def of(
        cls,
        options: DecodingOptions,
        tokenizer: "TargetTokenizer",
        mask: Callable[[str], str] = str,
        slots: Mapping[str, Sequence[str]] = NO_SLOTS,
    ) -> "Phrases":
        """Tokenize the phrases of decoding options.

        Args:
            options: The decoding options.
            tokenizer: Tokenizer of the targets.
            mask: Replaces the parts of a phrase that the source has too by their slots (`SourceProcessor.mask`).
            slots: The slots of the source (`SourceProcessor.slots_of`), for `all_items`.

        Raises:
            UserError: As for `check`.
        """
        has_items = any(slots.values())
        if not (options.prefix or options.required or options.banned or options.earlier_replies or has_items):
            return NO_PHRASES

        def encode(text: str) -> Ids:
            return tokenizer.encode(mask(text))

        phrases = cls(
            encode(options.prefix),
            tuple(ids for text in options.required if (ids := encode(text))),
            tuple(ids for text in options.banned if (ids := encode(text))),
            tuple(encode(text) for text in options.earlier_replies),
            SlotUse.of(slots, tokenizer) if has_items else None,
        )
        phrases.check(options, tokenizer.decode)
        return phrases

    def check(self, options: DecodingOptions, show: Callable[[Ids], Any] = list) -> None:
        """Check that the phrases do not contradict each other or the options.

        Args:
            options: The decoding options.
            show: Converts the ids of a phrase to text for messages.

        Raises:
            UserError: Lists all contradictions.
        """
        if mistakes := list(self._contradictions(options, show)):
            raise UserError("; ".join(mistakes))

    def _contradictions(self, options: DecodingOptions, show: Callable[[Ids], Any]) -> Iterator[str]:
        if len(self.prefix) >= options.max_length:
            yield f"prefix has {len(self.prefix)} tokens, which max_length {options.max_length} leaves no room for"
        if self.required and (options.sample or options.groups > 1):
            yield "required phrases cannot be combined with sample or groups"
        wanted = [("prefix", self.prefix), *(("required phrase", phrase) for phrase in self.required)]
        for (name, phrase), banned in itertools.product(wanted, self.banned):
            if contains(phrase, banned):
                yield f"{name} {show(phrase)!r} contains the banned phrase {show(banned)!r}"

    def of_segment(self, place: int) -> "Phrases":
        """The phrases for a segment of a source. Only the first segment (place 0) has the prefix."""
        return dataclasses.replace(self, prefix=()) if place and self.prefix else self

    def missing(self, ids: Ids) -> tuple[Ids, ...]:
        """The required phrases that a target does not contain."""
        return tuple(phrase for phrase in self.required if _matched(ids, phrase) < len(phrase))

    def lacking(self, ids: Ids) -> tuple[Ids, ...]:
        """The required phrases and the slots that a target does not contain."""
        return self.missing(ids) + tuple((slot,) for slot in (self.slots.unwritten(ids) if self.slots else ()))

    def tokens_met(self, ids: Ids) -> int:
        """Number of tokens of required phrases in a target, including a phrase that is incomplete at its end."""
        return sum(_matched(ids, phrase) for phrase in self.required)

    def next_tokens(self, ids: Ids) -> set[int]:
        """The tokens that start or continue a missing phrase."""
        return {token for phrase in self.missing(ids) for token in (phrase[_matched(ids, phrase)], phrase[0])}


NO_PHRASES = Phrases()


def contains(ids: Ids, phrase: Ids) -> bool:
    """Whether ids contain the tokens of a phrase, one directly after another."""
    return any(ids[start : start + len(phrase)] == phrase for start in range(len(ids) - len(phrase) + 1))


def _matched(ids: Ids, phrase: Ids) -> int:
    """Length of a phrase if the ids contain it; otherwise length of its longest beginning at the end of the ids."""
    size = len(phrase)
    if contains(ids, phrase):
        return size
    return next(
        length for length in range(min(size - 1, len(ids)), -1, -1) if ids[len(ids) - length :] == phrase[:length]
    )
