"""An encoder-decoder as three models: for training, for encoding, and for decoding step by step."""

from dataclasses import dataclass
from typing import Any

import keras
from keras import ops

from seq2edge.models.config import Seq2SeqConfig
from seq2edge.models.decoders.config import RecurrentDecoderConfig
from seq2edge.models.decoders.interface import Decoder, DecoderStart, DecoderStep
from seq2edge.models.decoders.recurrent import RecurrentDecoder
from seq2edge.models.decoders.transformer import TransformerDecoder
from seq2edge.models.encoders.build import (
    SourceLayers,
    build_encoder,
    embedding_scale,
    padded_length,
    source_embedding,
    source_scale,
)
from seq2edge.models.layers.cells import sequence_dropout
from seq2edge.models.layers.copying import CopyIds, PointerGenerator
from seq2edge.models.layers.tensors import Tensor


@dataclass(frozen=True)
class Seq2Seq:
    """Three functional Keras models that share their layers. Batch size and lengths are dynamic.

    Attributes:
        training: `source_ids` (batch, source_length) and `target_inputs` (batch, target_length; bos first) →
            logits (batch, target_length, target_vocabulary).
        encoder: `source_ids` → `memory` (batch, source_length, …), whose width depends on the decoder; `memory_mask`
            int32 (batch, source_length); `state_0` … `state_n`, the decoder's initial states; and, if the model
            copies, `copy_ids` int32 (batch, source_length).
        decoder_step: all outputs of the encoder and `token_ids` (batch,) → `logits` (batch, target_vocabulary); the
            new states `state_0` …; `vector` (batch, embedding), from which the logits are computed; and, if the
            decoder has attention, `attention` (batch, source_length). If the model copies, the logits are
            log-probabilities, and the step also returns the other outputs of `PointerGenerator`.
    """

    config: Seq2SeqConfig
    training: keras.Model
    encoder: keras.Model
    decoder_step: keras.Model

    @property
    def state_names(self) -> list[str]:
        """Names of the decoder's states, in order."""
        return [name for name in self.encoder.output if name.startswith("state_")]

    @property
    def shared_names(self) -> list[str]:
        """Names of the encoder's outputs that a step reads and does not change. One row serves all rows of a step."""
        return [name for name in self.encoder.output if not name.startswith("state_")]

    @property
    def cache_names(self) -> list[str]:
        """Names of the states with an axis of target steps, `(rows, steps, …)`. A step needs room only up to itself."""
        return [name for name in self.state_names if self.encoder.output[name].ndim == 3]

    def output_rows(self, token_ids: Tensor) -> Tensor:
        """Return rows of the output layer, `(tokens, embedding)`. Their products with `vector` are the logits."""
        embedding = self.training.get_layer("target_embedding")
        if embedding.tie_weights:
            return ops.take(embedding.embeddings, token_ids, axis=0)
        return ops.transpose(ops.take(embedding.reverse_embeddings, token_ids, axis=1))

    def copy_rows(self, token_ids: Tensor, copy_ids: Tensor) -> Tensor:
        """Return which source positions copy each token: 1 where copying would write the token, else 0.

        Args:
            token_ids: `(tokens,)`.
            copy_ids: Of one source, `(1, source_length)`.

        Returns:
            float32 `(tokens, source_length)`.
        """
        return ops.cast(ops.equal(ops.expand_dims(token_ids, 1), copy_ids), "float32")


def build_seq2seq(config: Seq2SeqConfig, dtype: str = "float32", unroll: int = 1) -> Seq2Seq:
    """Build a model with fresh weights.

    Args:
        dtype: Keras dtype policy of the layers, e.g. "mixed_bfloat16".
        unroll: Number of steps of a recurrent layer in one iteration of JAX's loop. It only affects the speed.

    Example:
        >>> from seq2edge.models.config import Seq2SeqConfig
        >>> model = build_seq2seq(Seq2SeqConfig(source_vocabulary=100, target_vocabulary=80, units=16, embedding=8))
        >>> model.training.output_shape  # batch, target_length, target_vocabulary
        (None, None, 80)

    Raises:
        ValueError: If settings are not allowed or do not fit together. The message has one line for each.
    """
    if mistakes := config.mistakes():
        raise ValueError("\n".join(mistakes))
    layers = _make_layers(config, dtype, unroll)
    source_ids = keras.Input((None,), dtype="int32", name="source_ids")
    encoded = layers.source.encode(source_ids, config.pad_id)
    target_inputs = keras.Input((None,), dtype="int32", name="target_inputs")
    decoded = layers.decoder(layers.source.dropout(layers.embed_target(target_inputs)), *encoded)
    memory, states = DecoderStart(layers.decoder, dtype=dtype, name="decoder_start")(*encoded)
    outputs = {"memory": _float32(memory), "memory_mask": encoded.mask, **_named(states)}
    if layers.copying:
        outputs["copy_ids"] = layers.copying.ids(source_ids)
        logits = layers.copying.pointer(layers.logits(decoded[0]), *decoded, outputs["copy_ids"])["logits"]
    else:
        logits = layers.logits(decoded)
    training = keras.Model([source_ids, target_inputs], logits, name="seq2seq")
    encoder = keras.Model(source_ids, outputs, name="encoder")
    return Seq2Seq(config, training, encoder, _decoder_step(layers, outputs, dtype))


@dataclass(frozen=True)
class _Copying:
    """The layers of a model that copies."""

    ids: CopyIds
    pointer: PointerGenerator

    def step(self, logits: Tensor, vector: Tensor, attention: Tensor, copy_ids: Tensor) -> dict[str, Tensor]:
        """Apply `PointerGenerator` to one step, whose tensors have no axis for the target length."""
        result = self.pointer(*(ops.expand_dims(tensor, 1) for tensor in (logits, vector, attention)), copy_ids)
        return {name: ops.squeeze(tensor, 1) for name, tensor in result.items()}


@dataclass(frozen=True)
class _SharedLayers:
    """The layers that the three models share; `copying` is None if the model does not copy."""

    source: SourceLayers
    target_embedding: keras.layers.Layer
    target_scale: keras.layers.Layer
    decoder: Decoder
    copying: _Copying | None

    def embed_target(self, token_ids: Tensor) -> Tensor:
        return self.target_scale(self.target_embedding(token_ids))

    def logits(self, vectors: Tensor) -> Tensor:
        return ops.cast(self.target_embedding(vectors, reverse=True), "float32")


def _make_layers(config: Seq2SeqConfig, dtype: str, unroll: int) -> _SharedLayers:
    target_embedding = _target_embedding(config, dtype)
    embedding = target_embedding if config.share_embeddings else source_embedding(config, dtype)
    encoder = build_encoder(config, dtype, unroll)
    decoder = _decoder(config, dtype, unroll)
    dropout = sequence_dropout(config.dropout, config.variational_dropout, dtype)
    source = SourceLayers(embedding, source_scale(config, dtype), dropout, encoder)
    target_scale = embedding_scale(config.embedding, dtype, "target_scale")
    copying = _Copying(CopyIds(config.copy_table, name="copy_ids"), PointerGenerator(dtype="float32", name="copying"))
    return _SharedLayers(source, target_embedding, target_scale, decoder, copying if config.copy else None)


def _decoder_step(layers: _SharedLayers, encoder_outputs: dict[str, Tensor], dtype: str) -> keras.Model:
    inputs = {
        "token_ids": keras.Input((), dtype="int32", name="token_ids"),
        **{
            name: keras.Input(output.shape[1:], dtype=output.dtype, name=name)
            for name, output in encoder_outputs.items()
        },
    }
    result = DecoderStep(layers.decoder, dtype=dtype, name="decoder_step")(
        layers.embed_target(inputs["token_ids"]),
        inputs["memory"],
        inputs["memory_mask"],
        [value for name, value in inputs.items() if name.startswith("state_")],
    )
    vector = result["vector"]
    outputs: dict[str, Tensor] = {"logits": layers.logits(vector), "vector": _float32(vector)}
    outputs |= _named(result["states"])
    if "attention" in result:
        outputs["attention"] = result["attention"]
    if layers.copying:
        outputs |= layers.copying.step(outputs["logits"], vector, result["attention"], inputs["copy_ids"])
    return keras.Model(inputs, outputs, name="decoder_step")


def _named(states: list[Tensor]) -> dict[str, Tensor]:
    return {f"state_{i}": _float32(state) for i, state in enumerate(states)}


def _float32(tensor: Tensor) -> Tensor:
    """Cast to float32 unless the tensor is an integer. Model files use float32 and int32, whatever the layers use."""
    return tensor if "int" in keras.backend.standardize_dtype(tensor.dtype) else ops.cast(tensor, "float32")


def _target_embedding(config: Seq2SeqConfig, dtype: str) -> Any:
    # Rows of length 1 give the tied output layer nearly equal probabilities at the start.
    return keras.layers.ReversibleEmbedding(
        config.target_vocabulary,
        config.embedding,
        tie_weights=config.tie_embeddings,
        embeddings_initializer=keras.initializers.RandomNormal(stddev=config.embedding**-0.5),
        dtype=dtype,
        name="target_embedding",
    )


def _decoder(config: Seq2SeqConfig, dtype: str, unroll: int) -> Decoder:
    settings: dict[str, Any] = {
        "units": config.units,
        "output_units": config.embedding,
        "dropout": config.dropout,
        "return_attention": config.copy,
        "dtype": dtype,
        "name": "decoder",
    }
    if isinstance(config.decoder, RecurrentDecoderConfig):
        return RecurrentDecoder(
            config.decoder.resolved(config.encoder),
            source_length=padded_length(config.source_length),
            variational_dropout=config.variational_dropout,
            unroll=unroll,
            **settings,
        )
    return TransformerDecoder(config.decoder, target_length=config.target_length, **settings)
