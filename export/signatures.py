"""The signatures of a model file, as TensorFlow functions over a model's Keras halves."""

from collections.abc import Sequence
from pathlib import Path

import tensorflow as tf

from seq2edge.models.seq2seq import Seq2Seq

BOS, EOS = 2, 3
SHARED = ("memory", "memory_mask")  # by all rows of a step


class Signatures(tf.Module):
    """`encode`, `decode_step_B` for each batch B, and `generate`, for a batch of one source.

    Args:
        model: What was trained; its layers are shared, not copied.
        batches: Rows of the decode steps: 1 for greedy, and the beams there shall be a step for.
        max_length: Target pieces `generate` makes at most, eos counted.
    """

    def __init__(self, model: Seq2Seq, batches: Sequence[int], max_length: int):
        super().__init__(name="signatures")
        self.encoder, self.decoder_step = model.encoder, model.decoder_step
        # Variables reached only through Keras layers are not frozen by the converter, and the file lacks its weights.
        self.weights = [weight.value for weight in model.training.weights]
        self.state_names = [name for name in model.encoder.output if name.startswith("state_")]
        self.max_length = max_length
        self.functions = {"encode": self._encode_function()}
        for batch in batches:
            self.functions[f"decode_step_{batch}"] = self._step_function(batch)
        self.functions["generate"] = self._generate_function()

    def _encode_function(self):
        @tf.function(input_signature=[tf.TensorSpec((1, None), tf.int32, name="source_ids")])
        def encode(source_ids):
            return self.encoder(source_ids)

        return encode

    def _step_function(self, batch: int):
        specs = {
            name: tf.TensorSpec((1 if name in SHARED else batch, *tensor.shape[1:]), tensor.dtype, name=name)
            for name, tensor in self.decoder_step.input.items()
        }

        @tf.function(input_signature=list(specs.values()))
        def decode_step(*tensors):
            return self.decoder_step(dict(zip(specs, tensors, strict=True)))

        return decode_step

    def _generate_function(self):
        @tf.function(input_signature=[tf.TensorSpec((1, None), tf.int32, name="source_ids")])
        def generate(source_ids):
            target_ids, lengths = self.greedy(source_ids)
            return {"target_ids": target_ids, "length": lengths}

        return generate

    def greedy(self, source_ids: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor]:
        """The whole greedy loop in the graph.

        Args:
            source_ids: int32 `(batch, source_length)`, each row ending in eos, then pad.

        Returns:
            Target ids `(batch, max_length)`, eos where a target ended and pad behind it, and lengths `(batch,)` with
            eos counted.
        """
        encoded = self.encoder(source_ids)
        states = [encoded[name] for name in self.state_names]
        rows = tf.shape(source_ids)[0]
        positions = tf.range(self.max_length)[tf.newaxis]

        def unfinished(step, token, ids, alive, *states):
            return tf.logical_and(step < self.max_length, tf.reduce_max(alive) > 0)

        def extend(step, token, ids, alive, *states):
            logits, new_states = self.step(token, encoded, states)
            # pad, unk and bos stand before eos and are never generated.
            token = tf.argmax(logits[:, EOS:], axis=-1, output_type=tf.int32) + EOS
            token *= alive
            ids = tf.where(positions == step, token[:, tf.newaxis], ids)
            alive *= tf.cast(token != EOS, tf.int32)
            return step + 1, token, ids, alive, *new_states

        start = (
            tf.constant(0),
            tf.fill([rows], BOS),
            tf.zeros([rows, self.max_length], tf.int32),
            tf.ones([rows], tf.int32),
            *states,
        )
        _, _, ids, _, *_ = tf.while_loop(unfinished, extend, start)
        return ids, tf.reduce_sum(tf.cast(ids != 0, tf.int32), axis=1)

    def step(
        self, token_ids: tf.Tensor, encoded: dict[str, tf.Tensor], states: Sequence[tf.Tensor]
    ) -> tuple[tf.Tensor, list[tf.Tensor]]:
        """Logits and new states after one token for each row; `encoded` has memory and mask."""
        shared = {name: encoded[name] for name in SHARED}
        outputs = self.decoder_step(
            {"token_ids": token_ids, **shared, **dict(zip(self.state_names, states, strict=True))}
        )
        return outputs["logits"], [outputs[name] for name in self.state_names]

    def save(self, path: Path) -> None:
        """Write a SavedModel with these signatures."""
        tf.saved_model.save(self, str(path), signatures=self.functions)
