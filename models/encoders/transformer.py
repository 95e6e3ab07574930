"""A Transformer encoder (Vaswani et al. 2017) with pre-layer normalisation (Xiong et al. 2020)."""

from typing import Any

import keras
import keras_nlp
from keras import ops

from seq2edge.models.encoders.config import TransformerEncoderConfig
from seq2edge.models.encoders.interface import Encoded
from seq2edge.models.layers.configured import ConfiguredLayer
from seq2edge.models.layers.positions import PositionalInputs
from seq2edge.models.layers.tensors import Shape, Tensor


@keras.saving.register_keras_serializable(package="seq2edge")
class TransformerEncoder(ConfiguredLayer):
    """A stack of `keras_nlp.layers.TransformerEncoder` over embeddings with sinusoidal positions.

    Args:
        config: Settings of the layers.
        units: Width of the memory.
        dropout: Rate of dropout on attention weights and after each sublayer.
    Call arguments:
        embedded: `(batch, source_length, embedding)`.
        memory_mask: Integer `(batch, source_length)`; 1 = real token.
    Returns:
        `Encoded`, without states.
    """

    CONFIG = TransformerEncoderConfig
    SETTINGS = ("units", "dropout")
    config: TransformerEncoderConfig

    def __init__(self, config: TransformerEncoderConfig, units: int = 256, dropout: float = 0.0, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.config, self.units, self.dropout = config, units, dropout
        policy = self.dtype_policy
        self.inputs = PositionalInputs(units, dtype=policy, name="inputs")
        self.blocks = [
            keras_nlp.layers.TransformerEncoder(
                config.feed_forward_units(units),
                config.heads,
                dropout,
                normalize_first=True,
                dtype=policy,
                name=f"block_{i}",
            )
            for i in range(config.layers)
        ]
        self.norm = keras.layers.LayerNormalization(dtype=policy, name="norm")

    def build(self, embedded_shape: Shape, memory_mask_shape: Shape | None = None) -> None:
        self.inputs.build(embedded_shape)
        shape = (*embedded_shape[:2], self.units)
        for block in self.blocks:
            block.build(shape)
        self.norm.build(shape)

    def call(self, embedded: Tensor, memory_mask: Tensor, training: bool = False) -> Encoded:
        outputs = self.inputs(embedded)
        for block in self.blocks:
            outputs = block(outputs, padding_mask=memory_mask, training=training)
        outputs = self.norm(outputs)
        return Encoded(outputs * ops.cast(ops.expand_dims(memory_mask, 2), outputs.dtype), memory_mask, [])
