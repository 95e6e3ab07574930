"""Trains SentencePiece models, the same on every machine."""

import io
import re
from collections.abc import Callable, Iterable, Iterator

import sentencepiece

from seq2edge.device.errors import UserError
from seq2edge.device.processors.slots import Slots
from seq2edge.device.special_ids import BOS, EOS, PAD, UNK, UNKNOWN
from seq2edge.pipeline.data.kept_text import WHITE_SPACE, trainer_options, with_denormalizer
from seq2edge.pipeline.data.readers import Pair
from seq2edge.pipeline.recipe_schema.recipe import Tokenizer

LARGEST_SAMPLE = 1_000_000  # largest number of sentences that a model is trained on
LONGEST_SENTENCE = 100_000  # bytes; longer ones are skipped. The default of 4192 would skip articles
LONGEST_WORD, LONGEST_PHRASE = 16, 64  # characters of a token; the first is SentencePiece's default
KEYS = {"joint": "vocabulary", "source": "vocabulary", "target": "target_vocabulary"}
WITHOUT_TEXT = 260  # number of tokens that any vocabulary has: 256 bytes and 4 special ids
ROOM = 0.8  # part of the range from smallest to largest vocabulary that is used; the rest is a margin for other texts


class VocabularyError(UserError):
    """The text does not support a vocabulary of this size.

    Attributes:
        possible: The nearest size that the text supports, or None if it is unknown.
    """

    def __init__(self, message: str, possible: int | None):
        super().__init__(message)
        self.possible = possible


def sentences(pairs: Iterable[Pair], side: str) -> Iterator[str]:
    """Yield the texts that the tokenizer of a side is trained on: "source", "target", or "joint" for both."""
    for pair in pairs:
        if side != "target":
            yield pair.source
        if side != "source" and pair.target != UNKNOWN:
            yield pair.target


def fitting_vocabulary(
    texts: Callable[[], Iterable[str]], settings: Tokenizer, side: str, kept: bool = False
) -> tuple[int, bytes]:
    """Find a vocabulary size that the text supports with a margin, and train a model of that size.

    It is the size in the settings, or the nearest size with a margin to the smallest and largest possible ones.

    Args:
        texts: Returns the sentences. It is called once for each model that is tried.
        kept: As for `train_tokenizer`.

    Raises:
        VocabularyError: If SentencePiece refuses the text at any size.
    """

    def trained(vocabulary: int) -> bytes:
        return train_tokenizer(texts(), settings.of_size(vocabulary), side, kept)

    smallest = _bound(trained, WITHOUT_TEXT + 1) or WITHOUT_TEXT
    vocabulary = max(settings.tokens(side), int(smallest / ROOM))
    largest = _bound(trained, smallest + int((vocabulary - smallest) / ROOM))
    while True:
        if largest is not None:  # terminates: each refusal lowers it, and the smallest is possible
            vocabulary = max(smallest, min(vocabulary - 1, smallest + int(ROOM * (largest - smallest))))
        try:
            return vocabulary, trained(vocabulary)
        except VocabularyError as error:
            if error.possible is None or vocabulary == smallest:
                raise
            largest = error.possible


def _bound(trained: Callable[[int], bytes], vocabulary: int) -> int | None:
    """Return None if the text supports a vocabulary of this size, else the nearest size that it supports."""
    try:
        trained(vocabulary)
    except VocabularyError as error:
        if error.possible is None:
            raise
        return error.possible
    return None


def train_tokenizer(sentences: Iterable[str], settings: Tokenizer, side: str, kept: bool = False) -> bytes:
    """Train a SentencePiece model.

    Characters that no token covers are encoded as bytes, so that no character is ever unknown.

    Args:
        sentences: Normalised text.
        side: "joint", "source" or "target".
        kept: Whether decoding must restore every text exactly, with its white space.

    Returns:
        The content of the model file.

    Raises:
        VocabularyError: If the text does not support the vocabulary. Its attribute has the nearest possible size.
    """
    phrases = settings.target_phrases and side == "target"
    # Texts are already normalised. The rule is part of the model file, so that the device also folds case.
    rule = "nfkc_cf" if settings.fold_case and side == "source" else "identity"
    model = io.BytesIO()
    try:
        sentencepiece.SentencePieceTrainer.train(
            sentence_iterator=iter(sentences),
            model_writer=model,
            model_type="bpe" if phrases else settings.model_type,
            vocab_size=settings.tokens(side),
            user_defined_symbols=[*(WHITE_SPACE if kept else ()), *Slots(settings.slots).tokens],
            byte_fallback=True,
            character_coverage=0.9999,
            input_sentence_size=LARGEST_SAMPLE,
            max_sentence_length=LONGEST_SENTENCE,
            split_by_whitespace=not phrases,
            hard_vocab_limit=settings.model_type != "char",  # the text determines the number of characters
            max_sentencepiece_length=LONGEST_PHRASE if phrases else LONGEST_WORD,
            shuffle_input_sentence=True,
            num_threads=2,  # the vocabulary depends on the number of threads
            pad_id=PAD,
            unk_id=UNK,
            bos_id=BOS,
            eos_id=EOS,
            minloglevel=2,
            **(trainer_options() if kept else {"normalization_rule_name": rule}),
        )
    except (RuntimeError, OSError) as error:
        raise _vocabulary_error(str(error), settings, side) from error
    return with_denormalizer(model.getvalue()) if kept else model.getvalue()


def _vocabulary_error(message: str, settings: Tokenizer, side: str) -> VocabularyError:
    largest = re.search(r"value <= (\d+)", message)
    smallest = re.search(r"smaller than required_chars\. (\d+) vs (\d+)", message)
    what = f"tokenizer.{KEYS[side]}: {settings.tokens(side)} tokens ({side} text)"
    if largest:
        return VocabularyError(
            f"{what} are more than the text supports; the largest possible is {largest[1]}", int(largest[1])
        )
    if smallest:
        return VocabularyError(
            f"{what} are fewer than the text needs for its characters; the smallest possible is {smallest[2]}",
            int(smallest[2]),
        )
    return VocabularyError(f"{what}: SentencePiece refused: {message.strip()}", None)
