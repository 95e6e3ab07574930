"""Text → text in one SavedModel: normalisation, tokenizer and search inside the graph, any batch."""

import hashlib
from pathlib import Path

import tensorflow as tf
import tensorflow_text as tf_text

from seq2edge.export.beam import GraphBeam
from seq2edge.export.signatures import EOS, SHARED, Signatures

# What `seq2edge.device.text.normalise` does, in RE2.
INVISIBLE = "[\u200b\u200c\u200d\u2060\ufeff\u00ad]"
CONTROL = r"[\p{Cc}]"


class TextModel(Signatures):
    """`Signatures`, and `text` → `text`: greedy as `serving_default`, and with a beam as `beam`.

    Args:
        search: The beam search.
        source_tokenizer, target_tokenizer: SentencePiece models, serialised.
        normalisation: "NFC" or "NFKC".
        source_length: Tokens a source is cut to, eos counted.
    """

    def __init__(
        self,
        model,
        beam_sizes,
        search: GraphBeam,
        source_tokenizer: bytes,
        target_tokenizer: bytes,
        normalisation: str,
        source_length: int,
    ):
        super().__init__(model, beam_sizes, search.max_length)
        self.source_tokenizer = _tokenizer(source_tokenizer)
        self.target_tokenizer = _tokenizer(target_tokenizer)
        self.normalisation, self.source_length = normalisation, source_length
        self.functions["serving_default"] = self._text_function()
        self.functions["beam"] = self._beam_function(search)

    def _text_function(self):
        @tf.function(input_signature=[tf.TensorSpec((None,), tf.string, name="text")])
        def respond(text):
            return {"text": self.decode_text(self.greedy(self.encode_text(text))["target_ids"])}

        return respond

    def _beam_function(self, search: GraphBeam):
        @tf.function(input_signature=[tf.TensorSpec((None,), tf.string, name="text")])
        def respond(text):
            encoded = self.encoder(self.encode_text(text))
            shared = {name: tf.repeat(encoded[name], search.beam, axis=0) for name in SHARED}
            first = [encoded[name] for name in self.state_names]

            def step(tokens, states):
                outputs = self.step(tokens, shared, states)
                return outputs["logits"], [outputs[name] for name in self.state_names]

            ids, scores = search.search(step, first, tf.shape(text)[0])
            texts = self.decode_text(tf.reshape(ids, [-1, search.max_length]))
            texts = tf.reshape(texts, [-1, search.beam])
            return {"text": texts[:, 0], "alternatives": texts, "scores": scores}

        return respond

    def encode_text(self, text: tf.Tensor) -> tf.Tensor:
        """Strings `(batch,)` → int32 ids `(batch, source_length)`, ending in eos, then pad."""
        text = tf_text.normalize_utf8(text, self.normalisation)
        text = tf.strings.regex_replace(text, INVISIBLE, "")
        text = tf.strings.regex_replace(text, CONTROL, " ")
        text = tf.strings.strip(tf.strings.regex_replace(text, r"[\s\p{Z}]+", " "))
        ids = self.source_tokenizer.tokenize(text)[:, : self.source_length - 1]
        eos = tf.fill([tf.shape(text)[0], 1], EOS)
        return tf.concat([ids, tf.RaggedTensor.from_tensor(eos)], axis=1).to_tensor()

    def decode_text(self, target_ids: tf.Tensor) -> tf.Tensor:
        """Ids `(batch, length)` → strings `(batch,)`, special ids left out."""
        return self.target_tokenizer.detokenize(tf.ragged.boolean_mask(target_ids, target_ids > EOS))


def _tokenizer(model: bytes) -> tf_text.SentencepieceTokenizer:
    """A tokenizer under a name of its own: in one process, those of the same name would share one model."""
    return tf_text.SentencepieceTokenizer(model, name=f"tokenizer_{hashlib.sha256(model).hexdigest()[:16]}")


def load_signatures(path: Path):
    """The functions of a SavedModel on disk, by name."""
    return tf.saved_model.load(str(path)).signatures
