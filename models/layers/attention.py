"""Luong's attention, global and local (Luong et al. 2015, sections 3.1 and 3.2)."""

from typing import Any, get_args

import keras
from keras import ops

from seq2edge.models.layers.settings import Alignment, Score
from seq2edge.models.layers.tensors import Shape, Tensor

SCORES, ALIGNMENTS = get_args(Score), get_args(Alignment)


@keras.saving.register_keras_serializable(package="seq2edge")
class LuongAttention(keras.layers.Layer):
    """Attention over the encoder's memory.

    Args:
        score: "dot", "general", "concat", "location" (section 3.1, equation 8), or "scaled_dot" (Vaswani et al. 2017,
            equation 1). "concat" is also the score of Bahdanau et al. 2015, whose query is the previous state.
        alignment: "global"; "local-m", within `window` of the target's own position (clipped to the source); or
            "local-p", within `window` of a predicted position and weighted by a Gaussian around it (equation 10), so
            that weights sum to less than 1.
        window: Number of positions seen on either side of the centre (D of section 3.2).
        source_length: Longest source in tokens. Needed for "location", which computes scores from the query only.
    Call arguments:
        query: Decoder outputs, `(batch, target_length, units)`.
        memory: Encoder outputs, `(batch, source_length, memory_units)`. All queries share a batch of 1.
        memory_mask: Integer or boolean `(batch, source_length)`; true = real token.
        positions: Positions of the queries in the target, integer `(batch or 1, target_length)`. None: 0, 1, 2 …
    Returns:
        Context `(batch, target_length, memory_units)` and weights `(batch, target_length, source_length)`. Rows of
        weights sum to 1 (except with "local-p") and are exactly 0 on padding and outside the window.
    Raises:
        ValueError: If a setting is unknown or missing, "dot" has query and memory of different units, or a source is
            longer than "location" has scores for.
    Reference:
        [Luong et al., 2015](https://arxiv.org/abs/1508.04025)
    """

    def __init__(
        self,
        score: Score = "general",
        alignment: Alignment = "global",
        window: int | None = None,
        source_length: int | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        if score not in SCORES:
            raise ValueError(f"score must be one of {', '.join(SCORES)}. Received: score={score!r}")
        if alignment not in ALIGNMENTS:
            raise ValueError(f"alignment must be one of {', '.join(ALIGNMENTS)}. Received: alignment={alignment!r}")
        if alignment != "global" and (window is None or window < 1):
            raise ValueError(f"local attention needs a window of 1 or more. Received: window={window!r}")
        if score == "location" and source_length is None:
            raise ValueError("score='location' needs the largest source_length. Received: source_length=None")
        self.score, self.alignment, self.window, self.source_length = score, alignment, window, source_length

    def build(
        self,
        query_shape: Shape,
        memory_shape: Shape,
        memory_mask_shape: Shape | None = None,
        positions_shape: Shape | None = None,
    ) -> None:
        query_units, memory_units = query_shape[-1], memory_shape[-1]
        if self.score in ("dot", "scaled_dot") and query_units != memory_units:
            raise ValueError(
                f"score={self.score!r} needs query and memory of the same units. "
                f"Received: {query_units} and {memory_units}"
            )
        self.memory_units = memory_units
        if self.score == "general":
            self.kernel = self.add_weight(name="kernel", shape=(query_units, memory_units))
        elif self.score == "location":
            self.kernel = self.add_weight(name="kernel", shape=(query_units, self.source_length))
        elif self.score == "concat":
            # W [query; memory] = W_query query + W_memory memory: the same sum without building the pairs.
            self.query_kernel = self.add_weight(name="query_kernel", shape=(query_units, query_units))
            self.memory_kernel = self.add_weight(name="memory_kernel", shape=(memory_units, query_units))
            self.scale = self.add_weight(name="scale", shape=(query_units, 1))
        if self.alignment == "local-p":
            self.position_kernel = self.add_weight(name="position_kernel", shape=(query_units, query_units))
            self.position_scale = self.add_weight(name="position_scale", shape=(query_units, 1))

    def call(
        self, query: Tensor, memory: Tensor, memory_mask: Tensor, positions: Tensor | None = None
    ) -> tuple[Tensor, Tensor]:
        return self.attend(query, self.prepare(memory), memory_mask, positions)

    def prepare(self, memory: Tensor) -> Tensor:
        """Compute what does not depend on the query, once for all steps: the memory and, for "concat", its keys."""
        if self.score == "concat":
            return ops.concatenate([memory, ops.matmul(memory, self.memory_kernel)], axis=-1)
        return memory

    def attend(
        self, query: Tensor, prepared: Tensor, memory_mask: Tensor, positions: Tensor | None = None
    ) -> tuple[Tensor, Tensor]:
        """Attend as `call` does, given the result of `prepare` instead of the memory."""
        memory = prepared[..., : self.memory_units]
        scores = ops.cast(self._scores(query, prepared), "float32")  # (batch, target_length, source_length)
        mask = ops.cast(ops.expand_dims(memory_mask, 1), "float32")  # (batch, 1, source_length)
        if self.alignment == "global":
            weights = masked_softmax(scores, mask)
        else:
            distance = self._distance(query, mask, positions)
            mask = mask * ops.cast(ops.abs(distance) <= self.window, "float32")
            weights = masked_softmax(scores, mask)
            if self.alignment == "local-p":
                weights = weights * ops.exp(-2.0 * ops.square(distance / self.window))  # sigma = window / 2
        return ops.matmul(ops.cast(weights, memory.dtype), memory), weights

    def _scores(self, query: Tensor, prepared: Tensor) -> Tensor:
        if self.score == "location":
            return self._location_scores(query, prepared)
        if self.score == "concat":
            query = ops.expand_dims(ops.matmul(query, self.query_kernel), 2)  # (batch, target_length, 1, units)
            keys = ops.expand_dims(prepared[..., self.memory_units :], 1)  # (batch, 1, source_length, units)
            return ops.squeeze(ops.matmul(ops.tanh(query + keys), self.scale), -1)
        if self.score == "general":
            query = ops.matmul(query, self.kernel)
        elif self.score == "scaled_dot":
            query = query * query.shape[-1] ** -0.5
        return ops.matmul(query, ops.transpose(prepared, (0, 2, 1)))

    def _location_scores(self, query: Tensor, prepared: Tensor) -> Tensor:
        length = prepared.shape[1]
        if isinstance(length, int) and length > (self.source_length or 0):
            raise ValueError(
                f"location attention has scores for {self.source_length} source positions. Received: {length}"
            )
        # Not a slice: JAX must know its end, and lengths are symbolic while a model is exported.
        return ops.take(ops.matmul(query, self.kernel), ops.arange(ops.shape(prepared)[1]), axis=-1)

    def _distance(self, query: Tensor, mask: Tensor, positions: Tensor | None) -> Tensor:
        """Return source positions minus the centre of each query's window, `(batch, target_length, source_length)`."""
        length = ops.sum(mask, axis=-1, keepdims=True)  # (batch, 1, 1)
        if self.alignment == "local-p":
            hidden = ops.tanh(ops.matmul(query, self.position_kernel))
            centre = length * ops.sigmoid(ops.cast(ops.matmul(hidden, self.position_scale), "float32"))
        else:
            if positions is None:
                positions = ops.expand_dims(ops.arange(ops.shape(query)[1]), 0)
            centre = ops.minimum(ops.cast(ops.expand_dims(positions, -1), "float32"), length - 1.0)
        return ops.cast(ops.arange(ops.shape(mask)[-1]), "float32") - centre

    def compute_output_shape(
        self,
        query_shape: Shape,
        memory_shape: Shape,
        memory_mask_shape: Shape | None = None,
        positions_shape: Shape | None = None,
    ) -> tuple[Shape, Shape]:
        return (*query_shape[:2], memory_shape[-1]), (*query_shape[:2], memory_shape[1])

    def get_config(self) -> dict[str, Any]:
        return {
            **super().get_config(),
            "score": self.score,
            "alignment": self.alignment,
            "window": self.window,
            "source_length": self.source_length,
        }


def masked_softmax(scores: Tensor, mask: Tensor) -> Tensor:
    """Return the softmax over the last axis of float32 scores, exactly 0 where the float32 mask is 0."""
    return ops.softmax(scores - 1e9 * (1.0 - mask), axis=-1) * mask
