"""Luong's global attention (section 3.1)."""

import keras
from keras import ops

SCORES = ("dot", "general", "concat")


@keras.saving.register_keras_serializable(package="seq2edge")
class LuongAttention(keras.layers.Layer):
    """Multiplicative attention over the encoder's memory.

    Args:
        score: "dot", "general" or "concat" (section 3.1, equation 8).
    Call arguments:
        query: Decoder outputs, `(batch, target_length, units)`.
        memory: Encoder outputs, `(batch, source_length, memory_units)`; a batch of 1 is shared by all queries.
        memory_mask: Integer or boolean `(batch, source_length)`; true = real token.
    Returns:
        Context `(batch, target_length, memory_units)` and weights `(batch, target_length, source_length)`,
        rows summing to 1 and exactly 0 on padding.
    Raises:
        ValueError: If `score` is unknown, or "dot" meets query and memory of different units.
    Reference:
        [Luong et al., 2015](https://arxiv.org/abs/1508.04025)
    """

    def __init__(self, score: str = "general", **kwargs):
        super().__init__(**kwargs)
        if score not in SCORES:
            raise ValueError(f"score must be one of {', '.join(SCORES)}. Received: score={score!r}")
        self.score = score

    def build(self, query_shape, memory_shape, memory_mask_shape=None):
        query_units, memory_units = query_shape[-1], memory_shape[-1]
        if self.score == "dot" and query_units != memory_units:
            raise ValueError(
                f"score='dot' needs query and memory of the same units. Received: {query_units} and {memory_units}"
            )
        if self.score == "general":
            self.kernel = self.add_weight(name="kernel", shape=(query_units, memory_units))
        elif self.score == "concat":
            # W [query; memory] = W_query query + W_memory memory: the same sum without building the pairs.
            self.query_kernel = self.add_weight(name="query_kernel", shape=(query_units, query_units))
            self.memory_kernel = self.add_weight(name="memory_kernel", shape=(memory_units, query_units))
            self.scale = self.add_weight(name="scale", shape=(query_units, 1))

    def call(self, query, memory, memory_mask):
        scores = ops.cast(self._scores(query, memory), "float32")  # (batch, target_length, source_length)
        mask = ops.cast(ops.expand_dims(memory_mask, 1), "float32")
        scores = scores - 1e9 * (1.0 - mask)
        weights = ops.softmax(scores, axis=-1) * mask
        context = ops.matmul(ops.cast(weights, memory.dtype), memory)
        return context, weights

    def _scores(self, query, memory):
        if self.score == "concat":
            query = ops.expand_dims(ops.matmul(query, self.query_kernel), 2)  # (batch, target_length, 1, units)
            memory = ops.expand_dims(ops.matmul(memory, self.memory_kernel), 1)  # (batch, 1, source_length, units)
            return ops.squeeze(ops.matmul(ops.tanh(query + memory), self.scale), -1)
        if self.score == "general":
            query = ops.matmul(query, self.kernel)
        return ops.matmul(query, ops.transpose(memory, (0, 2, 1)))

    def compute_output_shape(self, query_shape, memory_shape, memory_mask_shape=None):
        return (*query_shape[:2], memory_shape[-1]), (*query_shape[:2], memory_shape[1])

    def get_config(self):
        return {**super().get_config(), "score": self.score}
