"""Transformer encoder and decoder (Vaswani et al. 2017), normalised before each sublayer (Xiong et al. 2020)."""

import keras
import keras_nlp
import numpy as np
from keras import ops

from seq2edge.models.layers.attention import masked_softmax


@keras.saving.register_keras_serializable(package="seq2edge")
class TransformerEncoder(keras.layers.Layer):
    """A stack of `keras_nlp.layers.TransformerEncoder` over positions.

    Args:
        units: Width of the memory.
        num_layers: Stacked layers.
        heads: Of the attention; they divide `units`.
        feed_forward: Width inside the feed-forward sublayer.
        dropout: On weights of attention and after each sublayer.
    Call arguments:
        embedded: `(batch, source_length, embedding)`.
        memory_mask: Integer `(batch, source_length)`; 1 = real token.
    Returns:
        Memory `(batch, source_length, units)`, zero on padding.
    """

    def __init__(self, units=256, num_layers=1, heads=4, feed_forward=1024, dropout=0.0, **kwargs):
        super().__init__(**kwargs)
        self.units, self.num_layers, self.heads = units, num_layers, heads
        self.feed_forward, self.dropout = feed_forward, dropout
        policy = self.dtype_policy
        self.inputs = _Inputs(units, dtype=policy, name="inputs")
        self.blocks = [
            keras_nlp.layers.TransformerEncoder(
                feed_forward, heads, dropout, normalize_first=True, dtype=policy, name=f"block_{i}"
            )
            for i in range(num_layers)
        ]
        self.norm = keras.layers.LayerNormalization(dtype=policy, name="norm")

    def build(self, embedded_shape, memory_mask_shape=None):
        self.inputs.build(embedded_shape)
        shape = (*embedded_shape[:2], self.units)
        for block in self.blocks:
            block.build(shape)
        self.norm.build(shape)

    def call(self, embedded, memory_mask, training=False):
        outputs = self.inputs(embedded)
        for block in self.blocks:
            outputs = block(outputs, padding_mask=memory_mask, training=training)
        outputs = self.norm(outputs)
        return outputs * ops.cast(ops.expand_dims(memory_mask, 2), outputs.dtype)

    def get_config(self):
        keys = "units num_layers heads feed_forward dropout"
        return {**super().get_config(), **{key: getattr(self, key) for key in keys.split()}}


@keras.saving.register_keras_serializable(package="seq2edge")
class TransformerDecoder(keras.layers.Layer):
    """A stack of decoder layers whose steps keep a cache.

    keras_nlp's decoder layer caches the keys of the source for each row of a batch and keeps its attention weights to
    itself; here the keys are the prepared memory, shared by the hypotheses of a beam, and the last layer's weights
    come out, the mean over its heads.

    Args:
        units, num_layers, heads, feed_forward, dropout: As for `TransformerEncoder`.
        output_units: Width of the vectors.
        target_length: Steps the cache has room for.
    Call arguments:
        embedded: `(batch, target_length, embedding)`.
        memory: `(batch, source_length, memory_units)`.
        memory_mask: Integer `(batch, source_length)`; 1 = real token.
    Returns:
        Vectors `(batch, target_length, output_units)`.
    """

    def __init__(
        self,
        units=256,
        num_layers=1,
        heads=4,
        feed_forward=1024,
        output_units=256,
        target_length=64,
        dropout=0.0,
        **kwargs,
    ):
        super().__init__(**kwargs)
        self.units, self.num_layers, self.heads, self.feed_forward = units, num_layers, heads, feed_forward
        self.output_units, self.target_length, self.dropout = output_units, target_length, dropout
        policy = self.dtype_policy
        self.inputs = _Inputs(units, dtype=policy, name="inputs")
        self.blocks = [
            _DecoderBlock(units, heads, feed_forward, dropout, dtype=policy, name=f"block_{i}")
            for i in range(num_layers)
        ]
        self.norm = keras.layers.LayerNormalization(dtype=policy, name="norm")
        self.outputs = keras.layers.Dense(output_units, use_bias=False, dtype=policy, name="outputs")

    def build(self, embedded_shape, memory_shape, memory_mask_shape=None, encoder_states_shape=None):
        self.inputs.build(embedded_shape)
        for block in self.blocks:
            block.build((None, None, self.units), memory_shape)
        self.norm.build((None, None, self.units))
        self.outputs.build((None, None, self.units))

    def call(self, embedded, memory, memory_mask, encoder_states=None, training=False):
        outputs = self.inputs(embedded)
        positions = ops.arange(ops.shape(embedded)[1])
        causal = ops.expand_dims(ops.expand_dims(positions, 1) >= ops.expand_dims(positions, 0), 0)
        source_mask = ops.expand_dims(memory_mask, 1)
        for block in self.blocks:
            normalised = block.norms[0](outputs)
            own = block.self_attention.keys_and_values(normalised)
            source = block.cross_attention.keys_and_values(memory)
            outputs, _ = block(outputs, normalised, own, causal, source, source_mask, training=training)
        return self.outputs(self.norm(outputs))

    def start(self, memory, memory_mask, encoder_states):
        """Keys and values of the source in all layers side by side; as states the position and each layer's cache."""
        rows = ops.shape(memory)[0]
        cache = ops.zeros((rows, self.target_length, 2 * self.units), self.compute_dtype)
        prepared = [block.cross_attention.keys_and_values(memory) for block in self.blocks]
        return ops.concatenate(prepared, axis=-1), [ops.zeros((rows, 1), "int32"), *[cache] * self.num_layers]

    def one_step(self, embedded, memory, memory_mask, states):
        """One step; arguments and results as for `RecurrentDecoder.one_step`."""
        position, *caches = states
        outputs = self.inputs(ops.expand_dims(embedded, 1), position)
        places = ops.expand_dims(ops.arange(self.target_length, dtype="int32"), 0)
        seen = ops.expand_dims(places <= position, 1)  # (rows, 1, target_length)
        here = ops.cast(ops.expand_dims(ops.equal(places, position), 2), self.compute_dtype)
        source_mask = ops.expand_dims(memory_mask, 1)
        new_caches = []
        for layer, (block, cache) in enumerate(zip(self.blocks, caches, strict=True)):
            normalised = block.norms[0](outputs)
            # The place of a step is zero until then, so that adding writes it.
            cache = cache + here * block.self_attention.keys_and_values(normalised)
            source = memory[..., 2 * self.units * layer : 2 * self.units * (layer + 1)]
            outputs, weights = block(outputs, normalised, cache, seen, source, source_mask)
            new_caches.append(cache)
        vector = self.outputs(self.norm(outputs))[:, 0]
        return vector, [position + 1, *new_caches], ops.mean(weights, axis=1)[:, 0]

    def get_config(self):
        keys = "units num_layers heads feed_forward output_units target_length dropout"
        return {**super().get_config(), **{key: getattr(self, key) for key in keys.split()}}


class _Inputs(keras.layers.Layer):
    """Embeddings at the width of the layers, with sinusoids of their positions (Vaswani et al. 2017, section 3.5).

    Sines stand before cosines instead of between them, which is the same up to the order of features. keras_nlp's
    `SinePositionEncoding` is refused by LiteRT where the length is open.
    """

    def __init__(self, units, **kwargs):
        super().__init__(**kwargs)
        self.project = keras.layers.Dense(units, use_bias=False, dtype=self.dtype_policy, name="project")
        sines = -(-units // 2)
        self.rates = (10_000.0 ** (-np.arange(sines) / sines)).astype("float32")
        self.cosines = units - sines

    def build(self, embedded_shape, positions_shape=None):
        self.project.build(embedded_shape)

    def call(self, embedded, positions=None):
        if positions is None:
            positions = ops.expand_dims(ops.arange(ops.shape(embedded)[1]), 0)
        angles = ops.expand_dims(ops.cast(positions, "float32"), 2) * self.rates  # (batch or 1, length, sines)
        sinusoids = ops.concatenate([ops.sin(angles), ops.cos(angles[..., : self.cosines])], axis=-1)
        outputs = self.project(embedded)
        return outputs + ops.cast(sinusoids, outputs.dtype)


class _DecoderBlock(keras.layers.Layer):
    """Attention to the target so far, attention to the source, feed-forward.

    Its input also comes normalised (`norms[0]`), because the caller needs that for the keys and values of `own`.
    """

    def __init__(self, units, heads, feed_forward, dropout, **kwargs):
        super().__init__(**kwargs)
        self.units, self.feed_forward = units, feed_forward
        policy = self.dtype_policy
        self.self_attention = _MultiHeadAttention(units, heads, dropout, dtype=policy, name="self_attention")
        self.cross_attention = _MultiHeadAttention(units, heads, dropout, dtype=policy, name="cross_attention")
        self.intermediate_dense = keras.layers.Dense(
            feed_forward, activation="relu", dtype=policy, name="intermediate_dense"
        )
        self.output_dense = keras.layers.Dense(units, dtype=policy, name="output_dense")
        self.norms = [keras.layers.LayerNormalization(dtype=policy, name=f"norm_{i}") for i in range(3)]
        self.dropouts = [keras.layers.Dropout(dropout, dtype=policy) for _ in range(3)]

    def build(self, outputs_shape, memory_shape, *shapes):
        self.self_attention.build(outputs_shape, outputs_shape)
        self.cross_attention.build(outputs_shape, memory_shape)
        self.intermediate_dense.build(outputs_shape)
        self.output_dense.build((*outputs_shape[:-1], self.feed_forward))
        for norm in self.norms:
            norm.build(outputs_shape)
        self.built = True

    def call(self, outputs, normalised, own, own_mask, source, source_mask, training=False):
        attended, _ = self.self_attention(normalised, own, own_mask, training=training)
        outputs = outputs + self.dropouts[0](attended, training=training)
        attended, weights = self.cross_attention(self.norms[1](outputs), source, source_mask, training=training)
        outputs = outputs + self.dropouts[1](attended, training=training)
        changed = self.output_dense(self.intermediate_dense(self.norms[2](outputs)))
        return outputs + self.dropouts[2](changed, training=training), weights


class _MultiHeadAttention(keras.layers.Layer):
    """Scaled dot-product attention in heads (Vaswani et al. 2017, section 3.2), given keys and values.

    Call arguments:
        queries: `(batch, target_length, units)`.
        keys_and_values: `(batch or 1, length, 2 * units)`.
        mask: `(batch or 1, target_length or 1, length)`; true = may be seen.
    Returns:
        `(batch, target_length, units)` and weights `(batch, heads, target_length, length)`.
    """

    def __init__(self, units, heads, dropout, **kwargs):
        super().__init__(**kwargs)
        self.units, self.heads = units, heads
        policy = self.dtype_policy
        self.query = keras.layers.Dense(units, dtype=policy, name="query")
        self.key_value = keras.layers.Dense(2 * units, dtype=policy, name="key_value")
        self.output_layer = keras.layers.Dense(units, dtype=policy, name="output")
        self.drop = keras.layers.Dropout(dropout, dtype=policy)

    def build(self, queries_shape, memory_shape, *shapes):
        self.query.build(queries_shape)
        self.key_value.build(memory_shape)
        self.output_layer.build((*queries_shape[:-1], self.units))
        self.built = True

    def keys_and_values(self, memory):
        return self.key_value(memory)

    def call(self, queries, keys_and_values, mask, training=False):
        keys = self._split(keys_and_values[..., : self.units])
        values = self._split(keys_and_values[..., self.units :])
        queries = self._split(self.query(queries) * (self.units // self.heads) ** -0.5)
        scores = ops.cast(ops.matmul(queries, ops.transpose(keys, (0, 1, 3, 2))), "float32")
        weights = masked_softmax(scores, ops.cast(ops.expand_dims(mask, 1), "float32"))
        looked = ops.matmul(self.drop(ops.cast(weights, values.dtype), training=training), values)
        rows, length = ops.shape(looked)[0], ops.shape(looked)[2]
        joined = ops.reshape(ops.transpose(looked, (0, 2, 1, 3)), (rows, length, self.units))
        return self.output_layer(joined), weights

    def _split(self, vectors):
        """`(batch, length, units)` → `(batch, heads, length, units / heads)`."""
        rows, length = ops.shape(vectors)[0], ops.shape(vectors)[1]
        split = ops.reshape(vectors, (rows, length, self.heads, self.units // self.heads))
        return ops.transpose(split, (0, 2, 1, 3))
