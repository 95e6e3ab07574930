"""A Transformer decoder (Vaswani et al. 2017) with pre-layer normalisation (Xiong et al. 2020)."""

from collections.abc import Sequence
from typing import Any

import keras
from keras import ops

from seq2edge.models.decoders.config import TransformerDecoderConfig
from seq2edge.models.decoders.interface import Decoder
from seq2edge.models.layers.multi_head_attention import MultiHeadAttention
from seq2edge.models.layers.positions import PositionalInputs
from seq2edge.models.layers.tensors import Shape, Tensor


@keras.saving.register_keras_serializable(package="seq2edge")
class TransformerDecoder(Decoder):
    """A stack of decoder layers with a cache for decoding step by step.

    `Decoder` describes the call arguments and outputs. The attention weights are those of the last layer, averaged
    over its heads.

    keras_nlp's decoder layer does not return attention weights, and it caches the source's keys once for each row of a
    batch. Here they are part of the prepared memory, which all hypotheses of a beam share.

    Args:
        config: Settings of the layers.
        units: Width of the layers.
        output_units: Width of the vectors.
        target_length: Number of steps in the cache.
        dropout: Rate of dropout on attention weights and after each sublayer.
        return_attention: As in `Decoder`.
    """

    CONFIG = TransformerDecoderConfig
    SETTINGS = ("units", "output_units", "target_length", "dropout", "return_attention")
    config: TransformerDecoderConfig

    def __init__(
        self,
        config: TransformerDecoderConfig,
        units: int = 256,
        output_units: int = 256,
        target_length: int = 64,
        dropout: float = 0.0,
        return_attention: bool = False,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        self.config, self.units, self.output_units = config, units, output_units
        self.target_length, self.dropout, self.return_attention = target_length, dropout, return_attention
        policy = self.dtype_policy
        self.inputs = PositionalInputs(units, dtype=policy, name="inputs")
        self.blocks = [
            _DecoderBlock(config, units, dropout, dtype=policy, name=f"block_{i}") for i in range(config.layers)
        ]
        self.norm = keras.layers.LayerNormalization(dtype=policy, name="norm")
        self.outputs = keras.layers.Dense(output_units, use_bias=False, dtype=policy, name="outputs")

    def build(
        self,
        embedded_shape: Shape,
        memory_shape: Shape,
        memory_mask_shape: Shape | None = None,
        encoder_states_shape: Any = None,
    ) -> None:
        self.inputs.build(embedded_shape)
        for block in self.blocks:
            block.build((None, None, self.units), memory_shape)
        self.norm.build((None, None, self.units))
        self.outputs.build((None, None, self.units))

    def call(
        self,
        embedded: Tensor,
        memory: Tensor,
        memory_mask: Tensor,
        encoder_states: Sequence[Sequence[Tensor]] = (),
        training: bool = False,
    ) -> Any:
        outputs = self.inputs(embedded)
        positions = ops.arange(ops.shape(embedded)[1])
        causal = ops.expand_dims(ops.expand_dims(positions, 1) >= ops.expand_dims(positions, 0), 0)
        source_mask = ops.expand_dims(memory_mask, 1)
        for block in self.blocks:
            normalised = block.norms[0](outputs)
            target = block.self_attention.keys_and_values(normalised)
            source = block.cross_attention.keys_and_values(memory)
            outputs, weights = block(outputs, normalised, (target, causal), (source, source_mask), training=training)
        vectors = self.outputs(self.norm(outputs))
        return (vectors, ops.mean(weights, axis=1)) if self.return_attention else vectors

    def start(
        self, memory: Tensor, memory_mask: Tensor, encoder_states: Sequence[Sequence[Tensor]]
    ) -> tuple[Tensor, list[Tensor]]:
        """Return the source's keys and values of all layers, concatenated; as states the position and the caches.

        The caches are `(batch, target_length, 2 * units)`. `one_step` also takes shorter ones that have room for the
        step: the first steps of a cache, or more if zeros are appended.
        """
        rows = ops.shape(memory)[0]
        cache = ops.zeros((rows, self.target_length, 2 * self.units), self.compute_dtype)
        prepared = [block.cross_attention.keys_and_values(memory) for block in self.blocks]
        return ops.concatenate(prepared, axis=-1), [ops.zeros((rows, 1), "int32"), *[cache] * self.config.layers]

    def one_step(
        self, embedded: Tensor, memory: Tensor, memory_mask: Tensor, states: list[Tensor]
    ) -> tuple[Tensor, list[Tensor], Tensor | None]:
        position, *caches = states
        outputs = self.inputs(ops.expand_dims(embedded, 1), position)
        places = ops.expand_dims(ops.arange(ops.shape(caches[0])[1], dtype="int32"), 0)
        seen = ops.expand_dims(places <= position, 1)  # (rows, 1, steps)
        here = ops.cast(ops.expand_dims(ops.equal(places, position), 2), self.compute_dtype)
        source_mask = ops.expand_dims(memory_mask, 1)
        new_caches = []
        for layer, (block, cache) in enumerate(zip(self.blocks, caches, strict=True)):
            normalised = block.norms[0](outputs)
            # A step's place in the cache is still zero, so that adding writes to it.
            cache = cache + here * block.self_attention.keys_and_values(normalised)
            source = memory[..., 2 * self.units * layer : 2 * self.units * (layer + 1)]
            outputs, weights = block(outputs, normalised, (cache, seen), (source, source_mask))
            new_caches.append(cache)
        vector = self.outputs(self.norm(outputs))[:, 0]
        return vector, [position + 1, *new_caches], ops.mean(weights, axis=1)[:, 0]


class _DecoderBlock(keras.layers.Layer):
    """One decoder layer: causal self-attention, cross-attention and a feed-forward network.

    Call arguments:
        outputs: Outputs of the layer below, `(batch, target_length, units)`.
        normalised: `outputs` after `norms[0]`. The caller computes them, for the keys and values of the target.
        target, source: Pairs of keys and values and their mask, as `MultiHeadAttention` takes them.
    Returns:
        Outputs `(batch, target_length, units)` and the attention weights over the source.
    """

    def __init__(self, config: TransformerDecoderConfig, units: int, dropout: float, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.units, self.feed_forward = units, config.feed_forward_units(units)
        policy = self.dtype_policy
        self.self_attention = MultiHeadAttention(units, config.heads, dropout, dtype=policy, name="self_attention")
        self.cross_attention = MultiHeadAttention(units, config.heads, dropout, dtype=policy, name="cross_attention")
        self.intermediate_dense = keras.layers.Dense(
            self.feed_forward, activation="relu", dtype=policy, name="intermediate_dense"
        )
        self.output_dense = keras.layers.Dense(units, dtype=policy, name="output_dense")
        self.norms = [keras.layers.LayerNormalization(dtype=policy, name=f"norm_{i}") for i in range(3)]
        self.dropouts = [keras.layers.Dropout(dropout, dtype=policy) for _ in range(3)]

    def build(self, outputs_shape: Shape, memory_shape: Shape, *shapes: Shape) -> None:
        self.self_attention.build(outputs_shape, outputs_shape)
        self.cross_attention.build(outputs_shape, memory_shape)
        self.intermediate_dense.build(outputs_shape)
        self.output_dense.build((*outputs_shape[:-1], self.feed_forward))
        for norm in self.norms:
            norm.build(outputs_shape)
        self.built = True

    def call(
        self,
        outputs: Tensor,
        normalised: Tensor,
        target: tuple[Tensor, Tensor],
        source: tuple[Tensor, Tensor],
        training: bool = False,
    ) -> tuple[Tensor, Tensor]:
        attended, _ = self.self_attention(normalised, *target, training=training)
        outputs = outputs + self.dropouts[0](attended, training=training)
        attended, weights = self.cross_attention(self.norms[1](outputs), *source, training=training)
        outputs = outputs + self.dropouts[1](attended, training=training)
        transformed = self.output_dense(self.intermediate_dense(self.norms[2](outputs)))
        return outputs + self.dropouts[2](transformed, training=training), weights
