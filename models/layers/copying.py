"""Copying tokens of the source: the pointer-generator (See et al. 2017, section 2.2)."""

from collections.abc import Sequence
from typing import Any

import keras
import numpy as np
from keras import ops

from seq2edge.models.layers.tensors import Shape, Tensor

NOTHING = 0  # the id of a position that cannot be copied; it is pad, which is never written
LAST_SPECIAL = 3  # pad, unk, bos and eos are not copied: a source ends where it ends, whatever the target does
SMALLEST = 1e-20  # added to probabilities before their logarithm


@keras.saving.register_keras_serializable(package="seq2edge")
class CopyIds(keras.layers.Layer):
    """The target token that copying a source position would write.

    Args:
        table: The target id of each source id, or `NOTHING`; None: both sides have the same ids.
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
    """Mixes what a decoder generates with tokens that its attention copies (equation 9).

    A gate p_gen, here a function of the decoder's vector, which has seen its state, its context and its input, says
    how much is generated (equation 8):

        P(w) = g P_vocab(w) + Σ_{i: token i is w} (1 - p_gen) a_i

    What attention spends on positions that cannot be copied, or does not spend at all ("local-p"), is generated, so
    that P sums to 1 without a division: g = p_gen + (1 - p_gen) (1 - Σ_{i can be copied} a_i). A source with nothing
    to copy is answered as without copying.

    Computes in float32 whatever the other layers compute in.

    Call arguments:
        logits: Of the tokens, `(batch, target_length, vocabulary)`.
        vectors: Of the decoder, `(batch, target_length, units)`.
        attention: `(batch, target_length, source_length)`.
        copy_ids: As `CopyIds` gives them, `(batch or 1, source_length)`.
    Returns:
        `logits`, the logarithm of P, and `probabilities`, P itself, `(batch, target_length, vocabulary)`; `generated`,
        which is g, `(batch, target_length, 1)`; and `copied`, (1 - p_gen) a_i or 0 where a position cannot be copied,
        `(batch, target_length, source_length)`.
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
        # Not 1 - Σ copied: where nearly all is copied, rounding would leave nothing, or less, to generate.
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
    """The sum over positions with the same token, `(batch, target_length, vocabulary)`, 0 for tokens without any.

    Args:
        copied: `(batch, target_length, source_length)`.
        copy_ids: `(batch or 1, source_length)`.
    """
    # Scattering adds up equal indices. A product with one-hot tokens would have source_length x vocabulary numbers.
    rows, steps = ops.shape(copied)[:2]
    row = ops.reshape(ops.arange(rows, dtype="int32"), (-1, 1, 1))
    step = ops.reshape(ops.arange(steps, dtype="int32"), (1, -1, 1))
    places = [ops.broadcast_to(place, ops.shape(copied)) for place in (row, step, ops.expand_dims(copy_ids, 1))]
    return ops.scatter(ops.stack(places, axis=-1), copied, (rows, steps, vocabulary))
