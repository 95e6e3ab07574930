"""A sequence of vectors made into one."""

from typing import Any, get_args

import keras
from keras import ops

from seq2edge.models.layers.attention import masked_softmax
from seq2edge.models.layers.settings import PoolingKind
from seq2edge.models.layers.tensors import Shape, Tensor

POOLINGS = get_args(PoolingKind)
_LOWEST = -1e9


@keras.saving.register_keras_serializable(package="seq2edge")
class Pooling(keras.layers.Layer):
    """One vector for each memory, from its real positions alone.

    Args:
        kind: "mean"; "max", of each feature (Collobert et al. 2011, section 3.3.2); or "attention", a mean weighted by
            a learned query's scores (Yang et al. 2016, equations 5 to 7).
    Call arguments:
        memory: `(batch, source_length, units)`.
        memory_mask: Integer `(batch, source_length)`; 1 = real token.
    Returns:
        Pooled `(batch, units)`, 0 where nothing is real; and weights `(batch, source_length)`, float32, rows summing to
        1 and exactly 0 on padding, or None for "max".
    Raises:
        ValueError: If the kind is unknown.
    Reference:
        [Collobert et al., 2011](https://arxiv.org/abs/1103.0398),
        [Yang et al., 2016](https://aclanthology.org/N16-1174)
    """

    def __init__(self, kind: PoolingKind = "mean", **kwargs: Any) -> None:
        super().__init__(**kwargs)
        if kind not in POOLINGS:
            raise ValueError(f"kind must be one of {', '.join(POOLINGS)}. Received: kind={kind!r}")
        self.kind = kind

    def build(self, memory_shape: Shape, memory_mask_shape: Shape | None = None) -> None:
        if self.kind == "attention":
            units = memory_shape[-1]
            self.hidden = keras.layers.Dense(units, activation="tanh", dtype=self.dtype_policy, name="hidden")
            self.hidden.build(memory_shape)
            self.query = self.add_weight(name="query", shape=(units, 1))

    def call(self, memory: Tensor, memory_mask: Tensor) -> tuple[Tensor, Tensor | None]:
        mask = ops.cast(memory_mask, "float32")
        if self.kind == "max":
            real = ops.cast(ops.expand_dims(mask, 2), memory.dtype)
            largest = ops.max(ops.where(real > 0, memory, ops.cast(_LOWEST, memory.dtype)), axis=1)
            return largest * ops.max(real, axis=1), None
        if self.kind == "attention":
            scores = ops.squeeze(ops.matmul(self.hidden(memory), self.query), -1)
            weights = masked_softmax(ops.cast(scores, "float32"), mask)
        else:
            weights = mask / ops.maximum(ops.sum(mask, axis=1, keepdims=True), 1.0)
        pooled = ops.matmul(ops.cast(ops.expand_dims(weights, 1), memory.dtype), memory)
        return ops.squeeze(pooled, 1), weights

    def get_config(self) -> dict[str, Any]:
        return {**super().get_config(), "kind": self.kind}
