"""SentencePiece models: trained from text, the same on every machine."""

import io
import re
from collections.abc import Callable, Iterable, Iterator

import sentencepiece

from seq2edge.device.errors import UserError
from seq2edge.pipeline.data.readers import Pair
from seq2edge.pipeline.recipe_schema.recipe import Tokenizer

LARGEST_SAMPLE = 1_000_000  # sentences SentencePiece learns from
LONGEST_SENTENCE = 100_000  # bytes; it passes over longer ones, and its own limit of 4192 over whole articles
LONGEST_WORD, LONGEST_PHRASE = 16, 64  # characters of a token; the first is SentencePiece's own limit
KEYS = {"joint": "vocabulary", "source": "vocabulary", "target": "target_vocabulary"}
WITHOUT_TEXT = 260  # tokens: 256 bytes and 4 special ids
ROOM = 0.8  # of what lies between the smallest and the largest vocabulary; the rest is for texts a little different


class VocabularyError(UserError):
    """The text does not support a vocabulary.

    Attributes:
        possible: The nearest one that it does support, or None where that is not known.
    """

    def __init__(self, message: str, possible: int | None):
        super().__init__(message)
        self.possible = possible


def sentences(pairs: Iterable[Pair], side: str) -> Iterator[str]:
    """The texts that the tokenizer of a side learns from: those of both sides where it is joint."""
    for pair in pairs:
        if side != "target":
            yield pair.source
        if side != "source":
            yield pair.target


def fitting_vocabulary(texts: Callable[[], Iterable[str]], settings: Tokenizer, side: str) -> tuple[int, bytes]:
    """The vocabulary of the settings, or the nearest one that leaves room on both sides, and a model of it.

    Args:
        texts: Gives the sentences, as often as it is asked.

    Raises:
        VocabularyError: If SentencePiece refuses the text whatever the vocabulary.
    """
    smallest = _bound(texts, settings, side, WITHOUT_TEXT + 1) or WITHOUT_TEXT
    vocabulary = max(settings.tokens(side), int(smallest / ROOM))
    largest = _bound(texts, settings, side, smallest + int((vocabulary - smallest) / ROOM))
    while True:
        if largest is not None:  # each refusal asks for less, and the smallest vocabulary is always there
            vocabulary = max(smallest, min(vocabulary - 1, smallest + int(ROOM * (largest - smallest))))
        try:
            return vocabulary, train_tokenizer(texts(), settings.of_size(vocabulary), side)
        except VocabularyError as error:
            if error.possible is None or vocabulary == smallest:
                raise
            largest = error.possible


def _bound(texts: Callable[[], Iterable[str]], settings: Tokenizer, side: str, vocabulary: int) -> int | None:
    """The nearest vocabulary that the text supports, or None where it supports this one."""
    try:
        train_tokenizer(texts(), settings.of_size(vocabulary), side)
    except VocabularyError as error:
        if error.possible is None:
            raise
        return error.possible
    return None


def train_tokenizer(sentences: Iterable[str], settings: Tokenizer, side: str) -> bytes:
    """Train a SentencePiece model.

    Bytes that no token covers are tokens themselves, so that no character is ever unknown.

    Args:
        sentences: Normalised text.
        side: "joint", "source" or "target", for messages.

    Raises:
        VocabularyError: If the text does not support the vocabulary; it says which one it does.
    """
    phrases = settings.target_phrases and side == "target"
    model = io.BytesIO()
    try:
        sentencepiece.SentencePieceTrainer.train(
            sentence_iterator=iter(sentences),
            model_writer=model,
            model_type="bpe" if phrases else settings.model_type,
            vocab_size=settings.tokens(side),
            byte_fallback=True,
            character_coverage=0.9999,
            # Ours came before. The rule is part of the model file, so case is folded the same wherever it is used.
            normalization_rule_name="nfkc_cf" if settings.fold_case and side == "source" else "identity",
            input_sentence_size=LARGEST_SAMPLE,
            max_sentence_length=LONGEST_SENTENCE,
            split_by_whitespace=not phrases,
            max_sentencepiece_length=LONGEST_PHRASE if phrases else LONGEST_WORD,
            shuffle_input_sentence=True,
            num_threads=2,  # the vocabulary depends on it
            pad_id=0,
            unk_id=1,
            bos_id=2,
            eos_id=3,
            minloglevel=2,
        )
    except (RuntimeError, OSError) as error:
        raise _vocabulary_error(str(error), settings, side) from error
    return model.getvalue()


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
