"""SentencePiece models: trained from text, the same on every machine."""

import io
import re
from collections.abc import Iterable, Iterator

import sentencepiece

from seq2edge.device.errors import UserError
from seq2edge.pipeline.recipe import Tokenizer

LARGEST_SAMPLE = 1_000_000  # sentences SentencePiece learns from


def train_tokenizer(sentences: Iterable[str], settings: Tokenizer, side: str) -> bytes:
    """Train a SentencePiece model.

    Bytes that no piece covers are pieces themselves, so that no character is ever unknown.

    Args:
        sentences: Normalised text.
        side: "joint", "source" or "target", for messages.

    Raises:
        UserError: If the text does not support the vocabulary; it says which one it does.
    """
    model = io.BytesIO()
    try:
        sentencepiece.SentencePieceTrainer.train(
            sentence_iterator=iter(sentences),
            model_writer=model,
            model_type=settings.model_type,
            vocab_size=settings.vocabulary,
            byte_fallback=True,
            character_coverage=0.9999,
            normalization_rule_name="identity",  # ours came before
            input_sentence_size=LARGEST_SAMPLE,
            shuffle_input_sentence=True,
            num_threads=2,  # the vocabulary depends on it
            pad_id=0,
            unk_id=1,
            bos_id=2,
            eos_id=3,
            minloglevel=2,
        )
    except (RuntimeError, OSError) as error:
        raise UserError(_vocabulary_message(str(error), settings.vocabulary, side)) from error
    return model.getvalue()


def _vocabulary_message(message: str, vocabulary: int, side: str) -> str:
    largest = re.search(r"value <= (\d+)", message)
    smallest = re.search(r"smaller than required_chars\. (\d+) vs (\d+)", message)
    what = f"tokenizer.vocabulary: {vocabulary} pieces ({side} text)"
    if largest:
        return f"{what} are more than the text supports; the largest possible is {largest[1]}"
    if smallest:
        return f"{what} are fewer than the text needs for its characters; the smallest possible is {smallest[2]}"
    return f"{what}: SentencePiece refused: {message.strip()}"


def encodings(processor: sentencepiece.SentencePieceProcessor, text: str, samples: int) -> Iterator[list[int]]:
    """The plain encoding, then `samples` - 1 drawn ones (subword regularisation, Kudo 2018), each ending in eos."""
    yield [*processor.encode(text), processor.eos_id()]
    for _ in range(samples - 1):
        drawn = processor.encode(text, enable_sampling=True, alpha=0.2, nbest_size=-1)
        yield [*drawn, processor.eos_id()]
