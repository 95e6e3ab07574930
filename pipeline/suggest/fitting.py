"""Chooses settings of a recipe that fit a file of pairs: sizes from a table, adjusted by trying them on the pairs.

A pair may also be a text with its label.
"""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from itertools import product

import numpy as np
import sentencepiece

from seq2edge.device.errors import UserError
from seq2edge.device.tasks import Family
from seq2edge.models.layers.settings import MAX_LENGTH
from seq2edge.pipeline.data.cleaning import Cleaner
from seq2edge.pipeline.data.readers import Pair
from seq2edge.pipeline.data.splitting import FEWEST, place_of, split_at
from seq2edge.pipeline.data.tokenizer import fitting_vocabulary, sentences
from seq2edge.pipeline.recipe_schema.data import Data
from seq2edge.pipeline.recipe_schema.recipe import Tokenizer

FEWEST_PAIRS = 30  # smallest number of pairs, after cleaning, that can be split into training, validation and test
FEWEST_BY_SPLIT = FEWEST | {"test": 2}
MARGIN = 1.2  # later texts may be a little longer


@dataclass(frozen=True)
class Size:
    """Model and training settings for up to `pairs` pairs.

    Attributes:
        samples: Number of encodings of each training source.
    """

    pairs: int
    vocabulary: int
    units: int
    embedding: int
    dropout: float
    epochs: int
    batch_size: int
    encoder: str = "lstm"
    samples: int = 1


SEQ2SEQ_SIZES = (
    Size(3_000, 1_000, 128, 96, 0.3, 60, 32),
    Size(15_000, 3_000, 192, 128, 0.3, 40, 32),
    Size(60_000, 6_000, 320, 256, 0.3, 20, 64),
    Size(400_000, 10_000, 512, 384, 0.2, 10, 64),
    Size(10**12, 16_000, 640, 512, 0.1, 4, 128),
)
CLASSIFIER_SIZES = (
    Size(3_000, 2_000, 128, 128, 0.5, 30, 32, "bag", 16),
    Size(15_000, 4_000, 256, 256, 0.5, 20, 64, "bag", 16),
    Size(60_000, 8_000, 256, 256, 0.4, 10, 64, "bag", 4),
    Size(400_000, 16_000, 256, 256, 0.3, 5, 128, "gru"),
    Size(10**12, 24_000, 320, 320, 0.2, 3, 256, "gru"),
)
SIZES: dict[Family, tuple[Size, ...]] = {"seq2seq": SEQ2SEQ_SIZES, "classification": CLASSIFIER_SIZES}


@dataclass(frozen=True)
class Fit:
    """Settings that were tried on the pairs.

    Attributes:
        data: The section `data`, with shares that give every split enough pairs.
        tokenizer: The section `tokenizer`, with vocabularies that the text supports with a margin.
        source_length, target_length: Number of tokens, eos included, that 99 % of the texts do not exceed, plus a
            margin.
        typical_length: Median number of tokens of a target, or of a text if targets are labels.
    """

    data: Data
    tokenizer: Tokenizer
    source_length: int
    target_length: int
    typical_length: int


def size_for(pairs: int, family: Family) -> Size:
    """Return the smallest row of a family's table that is for at least this number of pairs."""
    return next(size for size in SIZES[family] if pairs <= size.pairs)


def held_out(pairs: int) -> float:
    """Return the share of validation and of test, 0.05 to 0.15.

    It is larger for small files, because the sizes of their splits vary more.
    """
    return round(min(0.15, max(0.05, 20 / max(pairs, 1))), 2)


def fit(sample: Sequence[Pair], data: Data, tokenizer: Tokenizer, has_labels: bool = False) -> Fit:
    """Clean, split and tokenize pairs as `prepare` does, and adjust the settings until `prepare` would accept them.

    Args:
        sample: Pairs of the file.
        data: The section `data` of the recipe.
        tokenizer: The section `tokenizer`, with the preferred vocabulary.
        has_labels: Whether targets are labels, which have no tokenizer.

    Raises:
        UserError: If there are too few pairs, or they are too long or too similar to train on.
    """
    cleaner = Cleaner(data)
    kept = list(cleaner.clean(sample))
    if len(kept) < FEWEST_PAIRS:
        dropped = "".join(f"; dropped: {count:,} {reason}" for reason, count in cleaner.dropped.items())
        raise UserError(
            f"{data.files[0].path}: {len(kept)} usable pairs found, at least {FEWEST_PAIRS} are needed{dropped}"
        )
    places = [place_of(pair.source) for pair in kept]
    valid, test = _shares(places, [pair.target if has_labels else "" for pair in kept], data)
    splits = [split_at(place, valid, test) for place in places]
    train = [pair for pair, split in zip(kept, splits, strict=True) if split == "train"]
    found = [
        fitting_vocabulary(partial(sentences, train, side), tokenizer, side, data.keeps(side))
        for side in (("source",) if has_labels else tokenizer.sides)
    ]
    (vocabulary, source_model), (target_vocabulary, target_model) = found[0], found[-1]
    source = _tokens(source_model, [pair.source for pair in kept])
    target = np.ones_like(source) if has_labels else _tokens(target_model, [pair.target for pair in kept])
    other = target_vocabulary if target_vocabulary != vocabulary else None
    return Fit(
        data.model_copy(update={"valid": valid, "test": test}),
        tokenizer.model_copy(update={"vocabulary": vocabulary, "target_vocabulary": other}),
        *_lengths(source, target, splits, data),
        int(np.median(source if has_labels else target)),
    )


def _shares(places: Sequence[float], labels: Sequence[str], data: Data) -> tuple[float, float]:
    """Return the shares of validation and test: the usual ones, or the nearest that give every split enough pairs.

    A label without pairs in the training split has all its pairs moved there.
    """
    usual = held_out(len(places))
    percents = [percent / 100 for percent in range(1, 41)]
    pairs_at = Counter(zip(places, labels, strict=True))  # pairs of the same source have the same place
    nearest = sorted(product(percents, percents), key=lambda shares: sum(abs(share - usual) for share in shares))
    for valid, test in nearest:
        splits = {(place, label): split_at(place, valid, test) for place, label in pairs_at}
        trained = {label for (_, label), split in splits.items() if split == "train"}
        counts: Counter[str] = Counter()
        for (place, label), pairs in pairs_at.items():
            counts[splits[place, label] if label in trained else "train"] += pairs
        if _enough(counts):
            return valid, test
    raise UserError(
        f"{data.files[0].path}: {len(places):,} pairs with {len(set(places))} different sources cannot be divided into "
        "training, validation and test, because pairs with the same source stay together; add more different sources"
    )


def _enough(counts: Counter[str]) -> bool:
    return all(counts[split] >= fewest for split, fewest in FEWEST_BY_SPLIT.items())


def _lengths(source: np.ndarray, target: np.ndarray, splits: Sequence[str], data: Data) -> tuple[int, int]:
    """Return lengths for 99 % of the texts, or for all texts if a split would otherwise have too few pairs."""
    for percentile in (99, 100):
        lengths = _length(source, percentile), _length(target, percentile)
        short = (source <= lengths[0]) & (target <= lengths[1])
        if _enough(Counter(split for split, fits in zip(splits, short, strict=True) if fits)):
            return lengths
    raise UserError(
        f"{data.files[0].path}: only {short.sum():,} of {len(short):,} pairs have at most {MAX_LENGTH:,} tokens on "
        "each side, the limit of a model; split longer texts"
    )


def _tokens(model: bytes, texts: list[str]) -> np.ndarray:
    """Return the number of tokens of each text, eos included."""
    processor = sentencepiece.SentencePieceProcessor(model_proto=model)
    return np.array([len(ids) + 1 for ids in processor.encode(texts)])


def _length(tokens: np.ndarray, percentile: int) -> int:
    """Return a percentile of the lengths plus a margin, rounded up to a multiple of 8, from 16 to MAX_LENGTH."""
    return min(MAX_LENGTH, max(16, -(-int(np.percentile(tokens, percentile) * MARGIN) // 8) * 8))
