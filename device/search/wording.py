"""Phrases as text: a phrase is found at word boundaries, however a target is divided into tokens."""

import bisect
import itertools
import unicodedata
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property, lru_cache
from typing import TYPE_CHECKING

import numpy as np

from seq2edge.device.processors.slots import OPEN
from seq2edge.device.special_ids import EOS, SPACE_TOKEN
from seq2edge.device.words import BYTE, WITHOUT_SPACES

if TYPE_CHECKING:  # it imports sentencepiece, which a search does not need
    from seq2edge.device.target_tokenizer import TargetTokenizer

Ids = tuple[int, ...]
Texts = tuple[str, ...]
Tokens = np.ndarray  # token ids
BETWEEN = "\uffff"  # stands between two tokens in the list of all tokens; no text has it
PRIVATE = 0xE000  # the first private character; from here on there is one for each byte of a character
ASCII = 0x80
CACHED = 2000  # texts whose tokens a vocabulary remembers


def is_word(character: str) -> bool:
    """Whether a character is part of a word: a letter, digit or "_", but not of a script without spaces."""
    return (
        character.isalnum() or character == "_" or unicodedata.category(character or " ")[0] == "M"
    ) and not WITHOUT_SPACES.match(character)


def places(text: str, phrase: str) -> Iterator[int]:
    """Yield the places of a phrase in a text where no letter or digit of its first or last word is cut off.

    Example:
        >>> list(places("an art, not a start or an artist", "art"))
        [3]
        >>> list(places("Good morning!", "!"))
        [12]
    """
    start = text.find(phrase)
    while start >= 0:
        end = start + len(phrase)
        if not _is_within_word(text[start - 1 : start], phrase[0]) and not _is_within_word(
            phrase[-1], text[end : end + 1]
        ):
            yield start
        start = text.find(phrase, start + 1)


def has_phrase(text: str, phrase: str) -> bool:
    """Whether a text has a phrase at word boundaries."""
    return any(True for _ in places(text, phrase))


def _is_within_word(before: str, after: str) -> bool:
    return is_word(before) and is_word(after)


class Spelling:
    """The characters of the tokens of a vocabulary. A space is "▁", and special tokens have no characters.

    Args:
        tokens: The tokens as SentencePiece writes them, in the order of their ids.
    """

    def __init__(self, tokens: Sequence[str]):
        self.tokens = ["" if number <= EOS else _characters(token) for number, token in enumerate(tokens)]
        self.ids = {token: number for number, token in enumerate(self.tokens)}
        self.all = BETWEEN + "".join(token + BETWEEN for token in self.tokens)
        lengths = (len(token) + 1 for token in self.tokens[:-1])
        self.starts = list(itertools.accumulate(lengths, initial=1))  # of each token in `all`
        self.starting, self.holding = (lru_cache(CACHED)(method) for method in (self._starting, self._holding))

    def text(self, ids: Ids) -> str:
        """The characters of some tokens."""
        return "".join([self.tokens[token] for token in ids])

    def _starting(self, text: str) -> Tokens:
        """The tokens that start with a text, at the end of which a word may end."""
        return np.array([self._at(place + 1) for place in places(self.all, BETWEEN + text)], np.intp)

    def _holding(self, phrase: str) -> Tokens:
        """The tokens that have a phrase at word boundaries, whatever stands before the token."""
        found = ((self._at(place), place) for place in places(self.all, phrase))
        held = [token for token, place in found if place > self.starts[token] or not is_word(phrase[0])]
        return np.array(held, np.intp)

    def without_space(self, ids: Ids) -> Ids:
        """The ids of a phrase that stands directly after a word; the same ids if there is no such token."""
        first = self.tokens[ids[0]]
        if first == SPACE_TOKEN:
            return ids[1:]
        other = self.ids.get(first[1:]) if first.startswith(SPACE_TOKEN) else None
        return ids if other is None else (other, *ids[1:])

    def _at(self, place: int) -> int:
        return bisect.bisect_right(self.starts, place) - 1


@lru_cache(maxsize=4)
def spelling_of(tokenizer: "TargetTokenizer") -> Spelling:
    """The spelling of a tokenizer's vocabulary, computed once."""
    return Spelling(tokenizer.vocabulary)


def _characters(token: str) -> str:
    """The characters of a token; for a byte of a longer character a private one."""
    if (byte := BYTE.fullmatch(token)) is None:
        return token
    number = int(byte[1], 16)
    return chr(number if number < ASCII else PRIVATE + number)


@dataclass(frozen=True)
class BannedTexts:
    """Finds the tokens that would complete a banned phrase.

    A word ends where a token ends, so a banned "name" also excludes to write "names" as "name" and "s".

    Attributes:
        spelling: The spelling of the vocabulary.
        texts: The phrases.
    """

    spelling: Spelling
    texts: Texts

    def next_tokens(self, ids: Ids) -> Iterator[Tokens]:
        """Yield the tokens that must not follow a target."""
        yield self._anywhere
        text = self.spelling.text(ids)
        if not is_word(text[-1:]):
            yield self._at_start
        for start in range(max(0, len(text) - self._longest + 1), len(text)):
            if not _is_within_word(text[start - 1 : start], text[start]):
                yield from map(self.spelling.starting, self._rests(text[start:]))

    def _rests(self, beginning: str) -> Iterator[str]:
        """What is left of the phrases that have a beginning."""
        first = bisect.bisect_right(self._sorted, beginning)
        for text in itertools.islice(self._sorted, first, None):
            if not text.startswith(beginning):
                return
            yield text[len(beginning) :]

    @cached_property
    def _anywhere(self) -> Tokens:
        """The tokens that contain a whole phrase."""
        return np.unique(np.concatenate([self.spelling.holding(text) for text in self.texts]))

    @cached_property
    def _at_start(self) -> Tokens:
        """The tokens that begin with a whole phrase, and contain it if a word starts with them."""
        return np.unique(np.concatenate([self.spelling.starting(text) for text in self.texts]))

    @cached_property
    def _sorted(self) -> list[str]:
        return sorted(self.texts)

    @cached_property
    def _longest(self) -> int:
        return max(map(len, self.texts))


@dataclass(frozen=True)
class Wording:
    """The spelling of phrases.

    Attributes:
        spelling: The spelling of the vocabulary.
        texts: For the ids of each required and banned phrase its texts: as the phrase was given, and with slots.
        banned: The texts of the banned phrases; None if there are none.
    """

    spelling: Spelling
    texts: Mapping[Ids, Texts]
    banned: BannedTexts | None

    @classmethod
    def of(
        cls, tokenizer: "TargetTokenizer", required: Mapping[Ids, Texts], banned: Mapping[Ids, Texts]
    ) -> "Wording | None":
        """Spell phrases; None if there are no phrases.

        Args:
            tokenizer: Tokenizer of the targets.
            required, banned: For the ids of each phrase its texts.
        """
        if not required and not banned:
            return None
        spelling = spelling_of(tokenizer)
        texts = {
            ids: tuple(dict.fromkeys(filter(None, (_spelt(tokenizer, spelling, text) for text in found))))
            for ids, found in {**required, **banned}.items()
        }
        of_banned = tuple(dict.fromkeys(text for ids in banned for text in texts[ids]))
        return cls(spelling, texts, BannedTexts(spelling, of_banned) if of_banned else None)

    def has(self, text: str, phrase: Ids) -> bool | None:
        """Whether the text of a target has a phrase; None if the phrase has no text."""
        texts = self.texts.get(phrase)
        return any(has_phrase(text, one) for one in texts) if texts else None

    def forms(self, phrase: Ids) -> tuple[Ids, ...]:
        """The ids of a phrase, and if it may stand directly after a word, its ids there."""
        text = self.spelling.text(phrase).removeprefix(SPACE_TOKEN)
        if not text or is_word(text[0]) or text[0] == OPEN:
            return (phrase,)
        return tuple(dict.fromkeys((phrase, self.spelling.without_space(phrase))))


def _spelt(tokenizer: "TargetTokenizer", spelling: Spelling, text: str) -> str:
    """The characters of a phrase, without the space that the tokenizer adds."""
    spelt = spelling.text(tokenizer.encode(text))
    has_space = tokenizer.normalised(text)[:1].isspace()
    return spelt if has_space else spelt.removeprefix(SPACE_TOKEN)
