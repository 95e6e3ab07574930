"""Encodes text to ids and decodes ids to text in a TensorFlow graph, for SavedModels that take text."""

import hashlib
from pathlib import Path
from typing import Any

import tensorflow as tf
import tensorflow_text as tf_text

from seq2edge.device.processors.text import INVISIBLE
from seq2edge.device.special_ids import EOS

CONTROL = r"[\p{Cc}]"  # `seq2edge.device.processors.text.CONTROL` in the syntax of RE2


class GraphTextEncoder(tf.Module):
    """`TextProcessor` as a graph.

    Args:
        tokenizer: The SentencePiece model of the source, serialised.
        normalisation: "NFC", "NFKC" or "none".
        source_length: Number of tokens to which a source is truncated, eos included.
    """

    def __init__(self, tokenizer: bytes, normalisation: str, source_length: int):
        super().__init__(name="text_encoder")
        self.tokenizer = _tokenizer(tokenizer)
        self.normalisation, self.source_length = normalisation, source_length

    def encode(self, text: tf.Tensor) -> tf.Tensor:
        """Encode strings `(batch,)` as int32 ids `(batch, source_length)`, each row ending in eos, then pad."""
        if self.normalisation != "none":
            text = tf_text.normalize_utf8(text, self.normalisation)
            text = tf.strings.regex_replace(text, INVISIBLE.pattern, "")
            text = tf.strings.regex_replace(text, CONTROL, " ")
            text = tf.strings.strip(tf.strings.regex_replace(text, r"[\s\p{Z}]+", " "))
        ids = self.tokenizer.tokenize(text)[:, : self.source_length - 1]
        eos = tf.fill([tf.shape(text)[0], 1], EOS)
        return tf.concat([ids, tf.RaggedTensor.from_tensor(eos)], axis=1).to_tensor()


class GraphTextDecoder(tf.Module):
    """`TargetTokenizer.decode` as a graph.

    Args:
        tokenizer: The SentencePiece model of the target, serialised.
    """

    def __init__(self, tokenizer: bytes):
        super().__init__(name="text_decoder")
        self.tokenizer = _tokenizer(tokenizer)

    def decode(self, target_ids: tf.Tensor) -> tf.Tensor:
        """Decode ids `(batch, length)` to strings `(batch,)`, without special ids."""
        return self.tokenizer.detokenize(tf.ragged.boolean_mask(target_ids, target_ids > EOS))


def _tokenizer(model: bytes) -> tf_text.SentencepieceTokenizer:
    """Return a tokenizer with a unique name. In one process, tokenizers of the same name would share one model."""
    return tf_text.SentencepieceTokenizer(model, name=f"tokenizer_{hashlib.sha256(model).hexdigest()[:16]}")


def load_signatures(path: Path) -> Any:
    """Return the signatures of a SavedModel on disk, by name."""
    return tf.saved_model.load(str(path)).signatures
