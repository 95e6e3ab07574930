"""Sinusoidal positions (Vaswani et al. 2017, section 3.5)."""

from typing import Any

import keras
import numpy as np
from keras import ops

from seq2edge.models.layers.tensors import Shape, Tensor


class PositionalInputs(keras.layers.Layer):
    """Projects embeddings to the width of Transformer layers and adds sinusoidal positions.

    All sines come before all cosines. Alternating them would only change the order of the features. keras_nlp has
    `SinePositionEncoding`, but LiteRT does not accept it if the length is dynamic.

    Args:
        units: Width of the layers.
    Call arguments:
        embedded: `(batch, length, embedding)`.
        positions: Integer `(batch or 1, length)`. None: 0, 1, 2 …
    Returns:
        `(batch, length, units)`.
    """

    def __init__(self, units: int, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.project = keras.layers.Dense(units, use_bias=False, dtype=self.dtype_policy, name="project")
        sines = -(-units // 2)
        self.rates = (10_000.0 ** (-np.arange(sines) / sines)).astype("float32")
        self.cosines = units - sines

    def build(self, embedded_shape: Shape, positions_shape: Shape | None = None) -> None:
        self.project.build(embedded_shape)

    def call(self, embedded: Tensor, positions: Tensor | None = None) -> Tensor:
        if positions is None:
            positions = ops.expand_dims(ops.arange(ops.shape(embedded)[1]), 0)
        angles = ops.expand_dims(ops.cast(positions, "float32"), 2) * self.rates  # (batch or 1, length, sines)
        sinusoids = ops.concatenate([ops.sin(angles), ops.cos(angles[..., : self.cosines])], axis=-1)
        outputs = self.project(embedded)
        return outputs + ops.cast(sinusoids, outputs.dtype)
