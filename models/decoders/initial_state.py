"""The initial states of a recurrent decoder."""

from collections.abc import Sequence
from typing import Any

import keras
from keras import ops

from seq2edge.models.decoders.config import RecurrentDecoderConfig
from seq2edge.models.layers.cells import STATES
from seq2edge.models.layers.pooling import Pooling
from seq2edge.models.layers.tensors import Shape, Tensor


class InitialState(keras.layers.Layer):
    """Computes the initial states of the cells as the setting `initial_state` says.

    Each layer starts from the encoder layer of the same number. If the encoder has fewer layers, the remaining ones
    start from its last layer.

    Args:
        config: Settings of the decoder.
        units: Width of the cells.
    Call arguments:
        memory, memory_mask, encoder_states: As for `Decoder.start`.
    Returns:
        A list of `(batch, units)`: h, or h and c, of each layer, the first layer first.
    """

    def __init__(self, config: RecurrentDecoderConfig, units: int, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.origin, self.layers, self.units = config.initial_state, config.layers, units
        self.states = STATES[config.kind]  # of a layer
        self.pooling = Pooling(self.origin if self.origin == "sum" else "mean", dtype=self.dtype_policy)
        self.bridges = [
            keras.layers.Dense(units, activation="tanh", dtype=self.dtype_policy, name=f"bridge_{i}")
            for i in range(self.layers * self.states)
            if self.origin in ("bridge", "mean", "sum")
        ]

    def build(
        self, memory_shape: Shape, memory_mask_shape: Shape | None = None, encoder_states_shape: Any = None
    ) -> None:
        for bridge in self.bridges:
            bridge.build((None, memory_shape[-1]))

    def call(
        self, memory: Tensor, memory_mask: Tensor, encoder_states: Sequence[Sequence[Tensor]] = ()
    ) -> list[Tensor]:
        if self.origin == "zeros":
            zeros = ops.zeros((ops.shape(memory)[0], self.units), self.compute_dtype)
            return [zeros] * (self.layers * self.states)
        if self.origin in ("mean", "sum"):
            pooled = self.pooling(memory, memory_mask)
            return [bridge(pooled) for bridge in self.bridges]
        below = [encoder_states[min(layer, len(encoder_states) - 1)] for layer in range(self.layers)]
        if self.origin == "copy":
            return [state for layer_states in below for state in layer_states]
        finals = [h for h, *_ in below for _ in range(self.states)]
        return [bridge(h) for bridge, h in zip(self.bridges, finals, strict=True)]
