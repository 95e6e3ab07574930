"""Pooling: reduces a sequence of vectors to one and ignores padding."""

from typing import Any, Literal

import keras
from keras import ops

from seq2edge.models.layers.attention import masked_softmax
from seq2edge.models.layers.tensors import Shape, Tensor

_LOWEST = -1e9


@keras.saving.register_keras_serializable(package="seq2edge")
class Pooling(keras.layers.Layer):
    """Computes the mean, the scaled sum or the maximum of each feature over the real positions.

    Args:
        kind: "mean" (Joulin et al. 2017); "sum", divided by the square root of the length, in which a few positions of
            a long text keep more weight; or "max" (Collobert et al. 2011, section 3.3.2).
    Call arguments:
        memory: `(batch, source_length, units)`.
        memory_mask: Integer `(batch, source_length)`; 1 = real token.
    Returns:
        `(batch, units)`, 0 for rows of padding.
    Raises:
        ValueError: If the kind is unknown.
    Reference:
        [Joulin et al., 2017](https://arxiv.org/abs/1607.01759),
        [Collobert et al., 2011](https://arxiv.org/abs/1103.0398)
    """

    def __init__(self, kind: Literal["mean", "sum", "max"] = "mean", **kwargs: Any) -> None:
        super().__init__(**kwargs)
        if kind not in ("mean", "sum", "max"):
            raise ValueError(f"kind must be 'mean', 'sum' or 'max'. Received: kind={kind!r}")
        self.kind = kind

    def call(self, memory: Tensor, memory_mask: Tensor) -> Tensor:
        real = ops.cast(ops.expand_dims(memory_mask, 2), memory.dtype)
        if self.kind != "max":
            length = ops.maximum(ops.sum(real, axis=1), 1.0)
            return ops.sum(memory * real, axis=1) / (length if self.kind == "mean" else ops.sqrt(length))
        largest = ops.max(ops.where(real > 0, memory, ops.cast(_LOWEST, memory.dtype)), axis=1)
        return largest * ops.max(real, axis=1)

    def get_config(self) -> dict[str, Any]:
        return {**super().get_config(), "kind": self.kind}


@keras.saving.register_keras_serializable(package="seq2edge")
class AttentionPooling(keras.layers.Layer):
    """Computes a mean weighted by attention to a learned query (Yang et al. 2016, equations 5 to 7).

    Call arguments:
        memory: `(batch, source_length, units)`.
        memory_mask: Integer `(batch, source_length)`; 1 = real token.
    Returns:
        The pooled vectors `(batch, units)`, 0 for rows of padding, and float32 weights `(batch, source_length)`. Each
        row of weights sums to 1 and is exactly 0 on padding.
    Reference:
        [Yang et al., 2016](https://aclanthology.org/N16-1174)
    """

    def build(self, memory_shape: Shape, memory_mask_shape: Shape | None = None) -> None:
        units = memory_shape[-1]
        self.hidden = keras.layers.Dense(units, activation="tanh", dtype=self.dtype_policy, name="hidden")
        self.hidden.build(memory_shape)
        self.query = self.add_weight(name="query", shape=(units, 1))

    def call(self, memory: Tensor, memory_mask: Tensor) -> tuple[Tensor, Tensor]:
        scores = ops.squeeze(ops.matmul(self.hidden(memory), self.query), -1)
        weights = masked_softmax(ops.cast(scores, "float32"), ops.cast(memory_mask, "float32"))
        pooled = ops.matmul(ops.cast(ops.expand_dims(weights, 1), memory.dtype), memory)
        return ops.squeeze(pooled, 1), weights
