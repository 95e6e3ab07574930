"""Copying tokens of the source: the pointer-generator (See et al. 2017, section 2.2)."""

from collections.abc import Sequence
from typing import Any

import keras
import numpy as np
from keras import ops

from seq2edge.models.layers.tensors import Shape, Tensor

NOTHING = 0  # the id of a position that cannot be copied. It is the id of pad, which a decoder never generates.
LAST_SPECIAL = 3  # pad, unk, bos and eos are not copied: the end of the source says nothing about the end of the target
SMALLEST = 1e-20  # added to probabilities before their logarithm


@keras.saving.register_keras_serializable(package="seq2edge")
class CopyIds(keras.layers.Layer):
    """Maps source ids to the target ids that copying would write.

    Args:
        table: The target id of each source id, or `NOTHING`. None: both sides have the same ids.
    Call arguments:
        source_ids: Integer `(batch, source_length)`.
    Returns:
        int32 `(batch, source_length)`, `NOTHING` where a position cannot be copied.
    """

    def __init__(self, table: Sequence[int] | None = None, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.table = None if table is None else tuple(table)

    def call(self, source_ids: Tensor) -> Tensor:
        ids = ops.cast(source_ids, "int32")
        if self.table is not None:
            ids = ops.take(ops.convert_to_tensor(np.array(self.table, "int32")), ids, axis=0)
        return ops.where(ids > LAST_SPECIAL, ids, NOTHING)

    def compute_output_spec(self, source_ids: Tensor) -> Tensor:
        return keras.KerasTensor(source_ids.shape, "int32")

    def get_config(self) -> dict[str, Any]:
        return {**super().get_config(), "table": None if self.table is None else list(self.table)}


@keras.saving.register_keras_serializable(package="seq2edge")
class PointerGenerator(keras.layers.Layer):
    """Mixes generated tokens with source tokens that the attention copies (equation 9).

    The gate p_gen is the probability of generating (equation 8). Here it is a function of the decoder's vector, which
    depends on the decoder's state, context and input:

        P(w) = g P_vocab(w) + Σ_{i: token i is w} (1 - p_gen) a_i

    Attention weights on positions that cannot be copied, and weights that are missing from a sum of 1 ("local-p"),
    count as generated. So P sums to 1 without a division: g = p_gen + (1 - p_gen) (1 - Σ_{i can be copied} a_i). If
    nothing in a source can be copied, P is P_vocab.

    Create this layer with dtype float32, whatever the other layers use.

    Call arguments:
        logits: Logits of the vocabulary, `(batch, target_length, vocabulary)`.
        vectors: Vectors of the decoder, `(batch, target_length, units)`.
        attention: `(batch, target_length, source_length)`.
        copy_ids: As `CopyIds` returns them, `(batch or 1, source_length)`.
    Returns:
        A dict of `logits`, the logarithm of P, and `probabilities`, P itself, both `(batch, target_length,
        vocabulary)`; `generated`, g, `(batch, target_length, 1)`; and `copied`, (1 - p_gen) a_i, 0 where a position
        cannot be copied, `(batch, target_length, source_length)`.
    Reference:
        [See et al., 2017](https://arxiv.org/abs/1704.04368)
    """

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.gate = keras.layers.Dense(1, activation="sigmoid", dtype=self.dtype_policy, name="gate")

    def build(self, logits_shape: Shape, vectors_shape: Shape, attention_shape: Shape, copy_ids_shape: Shape) -> None:
        self.gate.build(vectors_shape)

    def call(self, logits: Tensor, vectors: Tensor, attention: Tensor, copy_ids: Tensor) -> dict[str, Tensor]:
        gate = self.gate(vectors)
        can_be_copied = ops.cast(ops.expand_dims(copy_ids, 1) > NOTHING, "float32")  # (batch or 1, 1, source_length)
        pointed = attention * can_be_copied
        # Not 1 - Σ copied: if nearly everything is copied, rounding would make that zero or negative.
        elsewhere = ops.maximum(1.0 - ops.sum(pointed, axis=-1, keepdims=True), 0.0)
        generated, copied = gate + (1.0 - gate) * elsewhere, (1.0 - gate) * pointed
        by_token = sum_by_token(copied, copy_ids, logits.shape[-1])
        probabilities = generated * ops.softmax(logits, axis=-1) + by_token
        return {
            "logits": ops.log(probabilities + SMALLEST),
            "probabilities": probabilities,
            "generated": generated,
            "copied": copied,
        }


def sum_by_token(copied: Tensor, copy_ids: Tensor, vocabulary: int) -> Tensor:
    """Sum over the positions of each token.

    Args:
        copied: `(batch, target_length, source_length)`.
        copy_ids: `(batch or 1, source_length)`.

    Returns:
        `(batch, target_length, vocabulary)`, 0 for tokens that the source does not have.
    """
    # Scattering adds up equal indices. A product with one-hot tokens would need source_length x vocabulary numbers.
    rows, steps = ops.shape(copied)[:2]
    row = ops.reshape(ops.arange(rows, dtype="int32"), (-1, 1, 1))
    step = ops.reshape(ops.arange(steps, dtype="int32"), (1, -1, 1))
    places = [ops.broadcast_to(place, ops.shape(copied)) for place in (row, step, ops.expand_dims(copy_ids, 1))]
    return ops.scatter(ops.stack(places, axis=-1), copied, (rows, steps, vocabulary))
