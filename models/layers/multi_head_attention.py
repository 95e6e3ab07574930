"""Multi-head attention (Vaswani et al. 2017, section 3.2) with keys and values that can be cached."""

from typing import Any

import keras
from keras import ops

from seq2edge.models.layers.attention import masked_softmax
from seq2edge.models.layers.tensors import Shape, Tensor


class MultiHeadAttention(keras.layers.Layer):
    """Multi-head attention whose caller computes the keys and values, with `keys_and_values`.

    Args:
        units: Width of queries, keys, values and outputs.
        heads: Number of heads, a divisor of `units`.
        dropout: Rate of dropout on the weights.
    Call arguments:
        queries: `(batch, target_length, units)`.
        keys_and_values: `(batch or 1, length, 2 * units)`.
        mask: `(batch or 1, target_length or 1, length)`; true = may be seen.
    Returns:
        Outputs `(batch, target_length, units)` and weights `(batch, heads, target_length, length)`.
    """

    def __init__(self, units: int, heads: int, dropout: float, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.units, self.heads = units, heads
        policy = self.dtype_policy
        self.query = keras.layers.Dense(units, dtype=policy, name="query")
        self.key_value = keras.layers.Dense(2 * units, dtype=policy, name="key_value")
        self.output_layer = keras.layers.Dense(units, dtype=policy, name="output")
        self.drop = keras.layers.Dropout(dropout, dtype=policy)

    def build(self, queries_shape: Shape, memory_shape: Shape, *shapes: Shape) -> None:
        self.query.build(queries_shape)
        self.key_value.build(memory_shape)
        self.output_layer.build((*queries_shape[:-1], self.units))
        self.built = True

    def keys_and_values(self, memory: Tensor) -> Tensor:
        """Return keys and values, concatenated to `(batch, length, 2 * units)`.

        Args:
            memory: `(batch, length, memory_units)`.
        """
        return self.key_value(memory)

    def call(
        self, queries: Tensor, keys_and_values: Tensor, mask: Tensor, training: bool = False
    ) -> tuple[Tensor, Tensor]:
        keys = self._split(keys_and_values[..., : self.units])
        values = self._split(keys_and_values[..., self.units :])
        queries = self._split(self.query(queries) * (self.units // self.heads) ** -0.5)
        scores = ops.cast(ops.matmul(queries, ops.transpose(keys, (0, 1, 3, 2))), "float32")
        weights = masked_softmax(scores, ops.cast(ops.expand_dims(mask, 1), "float32"))
        contexts = ops.matmul(self.drop(ops.cast(weights, values.dtype), training=training), values)
        rows, length = ops.shape(contexts)[0], ops.shape(contexts)[2]
        joined = ops.reshape(ops.transpose(contexts, (0, 2, 1, 3)), (rows, length, self.units))
        return self.output_layer(joined), weights

    def _split(self, vectors: Tensor) -> Tensor:
        """`(batch, length, units)` → `(batch, heads, length, units / heads)`."""
        rows, length = ops.shape(vectors)[0], ops.shape(vectors)[1]
        split = ops.reshape(vectors, (rows, length, self.heads, self.units // self.heads))
        return ops.transpose(split, (0, 2, 1, 3))
