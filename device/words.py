"""Joins tokens into words, so that people can read attention and confidence.

Words are separated by spaces. Punctuation at the end of a word is a separate word. In scripts without spaces every
token is a word.
"""

import re
import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from seq2edge.device.special_ids import SPACE_TOKEN

END = "</s>"  # eos in SentencePiece
MOST_ON_END = 0.5  # share of the attention above which the end of a source is left out
SMALLEST = 1e-9  # instead of a sum of 0 as a divisor
BYTE = re.compile("<0x([0-9A-F]{2})>")
# Thai to Burmese, Khmer, kana, and Chinese characters.
WITHOUT_SPACES = re.compile("[\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3040-\u30ff\u3400-\u9fff\uf900-\ufaff]")


@dataclass(frozen=True)
class Word:
    """A word. Its tokens are those from index `start` up to, but not including, `stop`."""

    text: str
    start: int
    stop: int


def words_of(tokens: Sequence[str]) -> tuple[Word, ...]:
    """Join tokens into words. Every token belongs to one word; a token of several words is not split.

    Args:
        tokens: Tokens as returned by `TargetTokenizer.tokens` and `SourceProcessor.labels`.

    Example:
        >>> [word.text for word in words_of(["▁a", "▁fri", "end", ".", "</s>"])]
        ['a', 'friend', '.', '</s>']
    """
    starts = [place for place in range(len(tokens)) if place == 0 or _is_start(tokens, place)]
    return tuple(
        Word(shown_text(tokens[start:stop]) or SPACE_TOKEN, start, stop)
        for start, stop in zip(starts, [*starts[1:], len(tokens)], strict=False)
    )


def shown_text(tokens: Sequence[str]) -> str:
    """The text of tokens; incomplete characters become "\ufffd"."""
    return b"".join(_bytes(tokens)).decode("utf-8", errors="replace").replace(SPACE_TOKEN, " ").strip()


def word_attention(attention: np.ndarray, target: Sequence[Word], source: Sequence[Word]) -> np.ndarray:
    """Compute attention between words from attention between tokens.

    Weights are summed over the tokens of a source word and averaged over the tokens of a target word, so every row
    still has the same sum.

    Args:
        attention: Attention between tokens, `(target_length, source_length)`; neither length may be 0.
        target, source: Words of the target and the source.

    Returns:
        Attention between words, `(len(target), len(source))`.
    """
    of_source = np.add.reduceat(attention, [word.start for word in source], axis=1)
    of_target = np.add.reduceat(of_source, [word.start for word in target], axis=0)
    return of_target / np.array([[word.stop - word.start] for word in target])


def without_end(weights: np.ndarray, source: Sequence[Word]) -> tuple[np.ndarray, Sequence[Word], float]:
    """Leave out the end of the source if most of the attention rests on it, as it does in some models.

    The other weights are scaled to the sum of their row, so that they still show which words belong together.

    Args:
        weights: Attention between words, `(target_words, source_words)`.
        source: Words of the source.

    Returns:
        The weights and words to show, and the share of the attention that was left out, from 0 to 1.
    """
    if len(source) < 2 or source[-1].text != END or (share := float(weights[:, -1].mean())) <= MOST_ON_END:
        return weights, source, 0.0
    others = weights[:, :-1]
    sums = others.sum(axis=1, keepdims=True)
    return others * weights.sum(axis=1, keepdims=True) / np.maximum(sums, SMALLEST), source[:-1], share


def _is_start(tokens: Sequence[str], place: int) -> bool:
    token, before = tokens[place], tokens[place - 1]
    if token.startswith(SPACE_TOKEN) or END in (token, before):
        return True
    if WITHOUT_SPACES.match(token) or WITHOUT_SPACES.match(before[-1:]):
        return True
    following = tokens[place + 1] if place + 1 < len(tokens) else END
    # "don't" and "3.14" are one word, "well." is two.
    goes_on = following != END and not following.startswith(SPACE_TOKEN) and not _is_punctuation(following)
    return _is_punctuation(token) and not _is_punctuation(before) and not goes_on


def _is_punctuation(token: str) -> bool:
    return all(unicodedata.category(character).startswith("P") for character in token)


def _bytes(tokens: Sequence[str]) -> Iterator[bytes]:
    for token in tokens:
        byte = BYTE.fullmatch(token)
        yield bytes([int(byte[1], 16)]) if byte else token.encode()
