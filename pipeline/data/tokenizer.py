"""SentencePiece models: trained from text, the same on every machine."""

import io
import re
from collections.abc import Iterable

import sentencepiece

from seq2edge.device.errors import UserError
from seq2edge.pipeline.recipe_schema.recipe import Tokenizer

LARGEST_SAMPLE = 1_000_000  # sentences SentencePiece learns from
LONGEST_SENTENCE = 100_000  # bytes; it passes over longer ones, and its own limit of 4192 over whole articles
LONGEST_WORD, LONGEST_PHRASE = 16, 64  # characters of a token; the first is SentencePiece's own limit
SMALLEST = 264  # tokens of a recipe: 256 bytes, 4 special ids, and a few of text


class VocabularyError(UserError):
    """The text does not support a vocabulary.

    Attributes:
        possible: The nearest one that it does support, or None where that is not known.
    """

    def __init__(self, message: str, possible: int | None):
        super().__init__(message)
        self.possible = possible


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
            vocab_size=settings.vocabulary,
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
    key = "target_vocabulary" if side == "target" and settings.target_vocabulary else "vocabulary"
    what = f"tokenizer.{key}: {settings.vocabulary} tokens ({side} text)"
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
