"""Sizes that suit a file of pairs: those of a table, tried on its text."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import sentencepiece

from seq2edge.device.text import normalise
from seq2edge.pipeline.data.readers import Pair
from seq2edge.pipeline.data.tokenizer import SMALLEST, VocabularyError, train_tokenizer
from seq2edge.pipeline.recipe_schema.recipe import Tokenizer

TRIES = 4  # each one brings the vocabulary between the bounds that SentencePiece has named
SLACK = 1.2  # the recipe's tokenizer sees nine tenths of the pairs, so it may cut a little finer
LONGEST = 512  # tokens of a side; longer pairs are dropped


@dataclass(frozen=True)
class Size:
    """What suits up to so many pairs."""

    pairs: int
    vocabulary: int
    units: int
    embedding: int
    dropout: float
    epochs: int
    batch_size: int


SIZES = (
    Size(3_000, 1_000, 128, 96, 0.3, 60, 32),
    Size(15_000, 3_000, 192, 128, 0.3, 40, 32),
    Size(60_000, 6_000, 320, 256, 0.3, 20, 64),
    Size(400_000, 10_000, 512, 384, 0.2, 10, 64),
    Size(10**12, 16_000, 640, 512, 0.1, 4, 128),
)


@dataclass(frozen=True)
class Fit:
    """What a trial tokenizer found.

    Attributes:
        vocabulary: Tokens, of each side where it has a model of its own.
        source_length, target_length: Tokens that 99 % of the texts need, eos and some slack counted.
        typical_target: The median of the tokens of a target.
    """

    vocabulary: int
    source_length: int
    target_length: int
    typical_target: int


def size_for(pairs: int) -> Size:
    """The row of the table for so many pairs."""
    return next(size for size in SIZES if pairs <= size.pairs)


def held_out(pairs: int) -> float:
    """The share for each of validation and test: more of a small file, or a hash may leave one of them empty."""
    return round(min(0.15, max(0.05, 20 / max(pairs, 1))), 2)


def fit(sample: Sequence[Pair], wanted: int, joint: bool) -> Fit:
    """Try a vocabulary on texts, and count tokens with what came of it."""
    sources = [text for pair in sample if (text := normalise(pair.source, "NFC"))]
    targets = [text for pair in sample if (text := normalise(pair.target, "NFC"))]
    if joint:
        vocabulary, model = fitting_vocabulary(sources + targets, wanted)
        source_model = target_model = model
    else:
        vocabulary, source_model = fitting_vocabulary(sources, wanted)
        of_target, target_model = fitting_vocabulary(targets, wanted)
        vocabulary = min(vocabulary, of_target)
    source_tokens, target_tokens = _tokens(source_model, sources), _tokens(target_model, targets)
    return Fit(vocabulary, _length(source_tokens), _length(target_tokens), int(np.median(target_tokens)))


def fitting_vocabulary(sentences: Sequence[str], wanted: int) -> tuple[int, bytes | None]:
    """`wanted`, or one near it that the text supports, and a model of it where one could be trained."""
    vocabulary, at_least = wanted, SMALLEST
    for _ in range(TRIES):
        try:
            return vocabulary, train_tokenizer(sentences, Tokenizer(vocabulary=vocabulary), "joint")
        except VocabularyError as error:
            if error.possible is None:
                break
            if error.possible < vocabulary:
                vocabulary = max(at_least, int(error.possible / SLACK))
            else:
                at_least = error.possible
                vocabulary = int(error.possible * SLACK)
    return vocabulary, None


def _tokens(model: bytes | None, texts: Sequence[str]) -> np.ndarray:
    """Tokens of each text with eos; without a model its characters, which are seldom fewer."""
    if model is None:
        return np.array([len(text) + 1 for text in texts] or [1])
    processor = sentencepiece.SentencePieceProcessor(model_proto=model)
    return np.array([len(ids) + 1 for ids in processor.encode(list(texts))] or [1])


def _length(tokens: np.ndarray) -> int:
    """Room for 99 % of the texts, a multiple of 8."""
    return min(LONGEST, max(16, -(-int(np.percentile(tokens, 99) * SLACK) // 8) * 8))
