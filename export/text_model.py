"""Text → text in one SavedModel: normalisation, tokenizers and search inside the graph, for any batch size."""

import hashlib
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import tensorflow as tf
import tensorflow_text as tf_text

from seq2edge.device.special_ids import EOS
from seq2edge.export.beam import GraphBeam
from seq2edge.export.signatures import SHARED, Signatures, Tensors
from seq2edge.models.seq2seq import Seq2Seq

# What `seq2edge.device.processors.text.normalise` does, in RE2.
INVISIBLE = "[\u200b\u200c\u200d\u2060\ufeff\u00ad]"
CONTROL = r"[\p{Cc}]"


class GraphTextCodec(tf.Module):
    """`TextProcessor` and `TargetTokenizer` as a graph: text → source ids, and target ids → text.

    Args:
        source_tokenizer, target_tokenizer: SentencePiece models, serialised.
        normalisation: Of sources: "NFC", "NFKC" or "none".
        source_length: Tokens a source is truncated to, eos included.
    """

    def __init__(self, source_tokenizer: bytes, target_tokenizer: bytes, normalisation: str, source_length: int):
        super().__init__(name="text_codec")
        self.source_tokenizer = _tokenizer(source_tokenizer)
        self.target_tokenizer = _tokenizer(target_tokenizer)
        self.normalisation, self.source_length = normalisation, source_length

    def encode(self, text: tf.Tensor) -> tf.Tensor:
        """Strings `(batch,)` → int32 ids `(batch, source_length)`, each row ending in eos, then pad."""
        if self.normalisation != "none":
            text = tf_text.normalize_utf8(text, self.normalisation)
            text = tf.strings.regex_replace(text, INVISIBLE, "")
            text = tf.strings.regex_replace(text, CONTROL, " ")
            text = tf.strings.strip(tf.strings.regex_replace(text, r"[\s\p{Z}]+", " "))
        ids = self.source_tokenizer.tokenize(text)[:, : self.source_length - 1]
        eos = tf.fill([tf.shape(text)[0], 1], EOS)
        return tf.concat([ids, tf.RaggedTensor.from_tensor(eos)], axis=1).to_tensor()

    def decode(self, target_ids: tf.Tensor) -> tf.Tensor:
        """Ids `(batch, length)` → strings `(batch,)`, without special ids."""
        return self.target_tokenizer.detokenize(tf.ragged.boolean_mask(target_ids, target_ids > EOS))


class TextModel(Signatures):
    """`Signatures`, and two from `text` to `text`: `serving_default` (greedy) and `beam`.

    Args:
        model: The trained model.
        beam_sizes: As for `Signatures`.
        search: The beam search.
        codec: The tokenizers and the normalisation.
    """

    def __init__(self, model: Seq2Seq, beam_sizes: Sequence[int], search: GraphBeam, codec: GraphTextCodec):
        super().__init__(model, beam_sizes, search.max_length)
        self.codec = codec
        self.functions["serving_default"] = self._greedy_function()
        self.functions["beam"] = self._beam_function(search)

    def _greedy_function(self) -> Callable[..., Tensors]:
        @tf.function(input_signature=[tf.TensorSpec((None,), tf.string, name="text")])
        def respond(text: tf.Tensor) -> Tensors:
            return {"text": self.codec.decode(self.greedy(self.codec.encode(text))["target_ids"])}

        return respond

    def _beam_function(self, search: GraphBeam) -> Callable[..., Tensors]:
        @tf.function(input_signature=[tf.TensorSpec((None,), tf.string, name="text")])
        def respond(text: tf.Tensor) -> Tensors:
            encoded = self.encoder(self.codec.encode(text))
            shared = {name: tf.repeat(encoded[name], search.beam, axis=0) for name in SHARED}
            first = [encoded[name] for name in self.state_names]

            def step(tokens: tf.Tensor, states: list[tf.Tensor]) -> tuple[tf.Tensor, list[tf.Tensor]]:
                outputs = self.step(tokens, shared, states)
                return outputs["logits"], [outputs[name] for name in self.state_names]

            ids, scores = search.search(step, first, tf.shape(text)[0])
            texts = self.codec.decode(tf.reshape(ids, [-1, search.max_length]))
            texts = tf.reshape(texts, [-1, search.beam])
            return {"text": texts[:, 0], "alternatives": texts, "scores": scores}

        return respond


def _tokenizer(model: bytes) -> tf_text.SentencepieceTokenizer:
    """A tokenizer under a name of its own: in one process, tokenizers of the same name would share one model."""
    return tf_text.SentencepieceTokenizer(model, name=f"tokenizer_{hashlib.sha256(model).hexdigest()[:16]}")


def load_signatures(path: Path) -> Any:
    """The signatures of a SavedModel on disk, by name."""
    return tf.saved_model.load(str(path)).signatures
