"""A SavedModel from text to text, with normalisation, tokenizers and search in the graph, for any batch size."""

from collections.abc import Callable, Sequence

import tensorflow as tf

from seq2edge.export.beam import GraphBeam
from seq2edge.export.families.seq2seq_signatures import Seq2SeqSignatures, Tensors
from seq2edge.export.text_codec import GraphTextDecoder, GraphTextEncoder
from seq2edge.export.text_guard import GraphGuard
from seq2edge.models.seq2seq import Seq2Seq


class Seq2SeqTextModel(Seq2SeqSignatures):
    """`Seq2SeqSignatures` with two more signatures, from `text` to `text`: `serving_default` (greedy) and `beam`.

    Args:
        model: The trained model.
        beam_sizes: As for `Seq2SeqSignatures`.
        search: The beam search.
        text_encoder, text_decoder: The tokenizers and the normalisation.
        guard: A guard that answers some texts instead of the model, and adds an output `guard` with the category; None:
            no guard.
    """

    def __init__(
        self,
        model: Seq2Seq,
        beam_sizes: Sequence[int],
        search: GraphBeam,
        text_encoder: GraphTextEncoder,
        text_decoder: GraphTextDecoder,
        guard: GraphGuard | None = None,
    ):
        super().__init__(model, beam_sizes, search.max_length)
        self.text_encoder, self.text_decoder, self.guard = text_encoder, text_decoder, guard
        self.functions["serving_default"] = self._greedy_function()
        self.functions["beam"] = self._beam_function(search)

    def _greedy_function(self) -> Callable[..., Tensors]:
        @tf.function(input_signature=[tf.TensorSpec((None,), tf.string, name="text")])
        def respond(text: tf.Tensor) -> Tensors:
            answers = self.text_decoder.decode(self.greedy(self.text_encoder.encode(text))["target_ids"])
            return self._guarded(text, answers)

        return respond

    def _beam_function(self, search: GraphBeam) -> Callable[..., Tensors]:
        @tf.function(input_signature=[tf.TensorSpec((None,), tf.string, name="text")])
        def respond(text: tf.Tensor) -> Tensors:
            encoded = self.encoder(self.text_encoder.encode(text))
            shared = {name: tf.repeat(encoded[name], search.beam, axis=0) for name in self.model.shared_names}
            first = [encoded[name] for name in self.state_names]

            def step(tokens: tf.Tensor, states: list[tf.Tensor]) -> tuple[tf.Tensor, list[tf.Tensor]]:
                outputs = self.step(tokens, shared, states)
                return outputs["logits"], [outputs[name] for name in self.state_names]

            ids, scores = search.search(step, first, tf.shape(text)[0])
            texts = self.text_decoder.decode(tf.reshape(ids, [-1, search.max_length]))
            texts = tf.reshape(texts, [-1, search.beam])
            return {**self._guarded(text, texts[:, 0]), "alternatives": texts, "scores": scores}

        return respond

    def _guarded(self, text: tf.Tensor, answers: tf.Tensor) -> Tensors:
        """Return the outputs, after the guard has replaced some answers."""
        if self.guard is None:
            return {"text": answers}
        answers, categories = self.guard.answer(text, answers)
        return {"text": answers, "guard": categories}
