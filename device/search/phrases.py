"""Phrases that a target must start with, contain or avoid, as token ids."""

import dataclasses
import itertools
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from seq2edge.device.errors import UserError
from seq2edge.device.search.options import DecodingOptions
from seq2edge.device.search.slots import SlotUse
from seq2edge.device.search.wording import Ids, Wording

if TYPE_CHECKING:  # it imports sentencepiece, which a search does not need
    from seq2edge.device.target_tokenizer import TargetTokenizer

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
        wording: The text of the required and banned phrases, which is found however a target is divided into tokens.
            Without it they are found only as the ids that they have here.
    """

    prefix: Ids = ()
    required: tuple[Ids, ...] = ()
    banned: tuple[Ids, ...] = ()
    earlier: tuple[Ids, ...] = ()
    slots: SlotUse | None = None
    wording: Wording | None = None

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

        def encode_all(texts: Sequence[str]) -> dict[Ids, tuple[str, ...]]:
            return {ids: tuple(dict.fromkeys((mask(text), text))) for text in texts if (ids := encode(text))}

        required, banned = encode_all(options.required), encode_all(options.banned)
        phrases = cls(
            encode(options.prefix),
            tuple(required),
            tuple(banned),
            tuple(encode(text) for text in options.earlier_replies),
            SlotUse.of(slots, tokenizer) if has_items else None,
            Wording.of(tokenizer, required, banned),
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
            if self._has(phrase, self._text(phrase), banned):
                yield f"{name} {show(phrase)!r} contains the banned phrase {show(banned)!r}"

    def of_segment(self, place: int) -> "Phrases":
        """The phrases for a segment of a source. Only the first segment (place 0) has the prefix."""
        return dataclasses.replace(self, prefix=()) if place and self.prefix else self

    def missing(self, ids: Ids) -> tuple[Ids, ...]:
        """The required phrases that a target does not contain."""
        text = self._text(ids)
        return tuple(phrase for phrase in self.required if not self._has(ids, text, phrase))

    def lacking(self, ids: Ids) -> tuple[Ids, ...]:
        """The required phrases and the slots that a target does not contain."""
        return self.missing(ids) + tuple((slot,) for slot in (self.slots.unwritten(ids) if self.slots else ()))

    def tokens_met(self, ids: Ids) -> int:
        """Number of tokens of required phrases in a target, including a phrase that is incomplete at its end."""
        text = self._text(ids)
        return sum(
            len(phrase) if self._has(ids, text, phrase) else max(_begun(ids, form) for form in self._forms(phrase))
            for phrase in self.required
        )

    def next_tokens(self, ids: Ids) -> set[int]:
        """The tokens that start or continue a missing phrase."""
        forms = [form for phrase in self.missing(ids) for form in self._forms(phrase)]
        return {token for form in forms for token in (form[_begun(ids, form)], form[0])}

    def _text(self, ids: Ids) -> str:
        return self.wording.spelling.text(ids) if self.wording else ""

    def _has(self, ids: Ids, text: str, phrase: Ids) -> bool:
        """Whether a target contains a phrase: as text, or if there is no text as ids."""
        has_text = self.wording.has(text, phrase) if self.wording else None
        return contains(ids, phrase) if has_text is None else has_text

    def _forms(self, phrase: Ids) -> tuple[Ids, ...]:
        return self.wording.forms(phrase) if self.wording else (phrase,)


NO_PHRASES = Phrases()


def contains(ids: Ids, phrase: Ids) -> bool:
    """Whether ids contain the tokens of a phrase, one directly after another."""
    return any(ids[start : start + len(phrase)] == phrase for start in range(len(ids) - len(phrase) + 1))


def _begun(ids: Ids, phrase: Ids) -> int:
    """Length of the longest beginning of a phrase at the end of the ids, without the whole phrase."""
    return next(
        length
        for length in range(min(len(phrase) - 1, len(ids)), -1, -1)
        if ids[len(ids) - length :] == phrase[:length]
    )
