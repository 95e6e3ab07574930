"""Converts a Transformer of seq2edge to CTranslate2, with the same weights, for benchmarks/decoding_speed.py.

Embeddings, their scale and the projection to the layers' width are merged to one table. So are the decoder's last
projection and the output layer. One thing differs: CTranslate2 has one epsilon for all layer normalisations. Ours is
1e-3 in the decoder and after the encoder, and 1e-5 in the encoder's layers.
"""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from ctranslate2.specs import TransformerSpec

from seq2edge.device.shortlist import ALWAYS, Shortlist
from seq2edge.device.special_ids import BOS, EOS, UNK
from seq2edge.models.config import Seq2SeqConfig
from seq2edge.models.decoders.config import TransformerDecoderConfig
from seq2edge.models.encoders.config import TransformerEncoderConfig
from seq2edge.models.seq2seq import Seq2Seq

EPSILON = 1e-3
RANDOM_LAYERS, RANDOM_HEADS = (6, 2), 4
SPECIAL = {UNK: "<unk>", BOS: "<s>", EOS: "</s>"}


def is_transformer(config: Seq2SeqConfig) -> bool:
    """Return whether CTranslate2 supports a model of this config."""
    kinds = isinstance(config.encoder, TransformerEncoderConfig), isinstance(config.decoder, TransformerDecoderConfig)
    return all(kinds) and config.encoder.heads == config.decoder.heads and not config.copy


def tokens_of(ids: Sequence[int]) -> list[str]:
    """Return the CTranslate2 tokens for token ids."""
    return [SPECIAL.get(int(index), str(index)) for index in ids]


def write_model(model: Seq2Seq, folder: Path, shortlist: Shortlist | None = None, quantization: str = "int8") -> None:
    """Write a model of CTranslate2.

    Args:
        model: A Transformer; see `is_transformer`.
        folder: Folder to write. It must not exist.
        shortlist: A shortlist to write as CTranslate2's vocabulary map, for `use_vmap`.
        quantization: Quantization of CTranslate2: "int8", "float32" …
    """
    config, layers = model.config, model.training
    spec = TransformerSpec.from_config((config.encoder.layers, config.decoder.layers), config.encoder.heads)
    spec.config.layer_norm_epsilon = EPSILON
    encoder, decoder = layers.get_layer("encoder"), layers.get_layer("decoder")
    target = layers.get_layer("target_embedding")
    source = target if config.share_embeddings else layers.get_layer("source_embedding")
    _inputs(spec.encoder, spec.encoder.embeddings[0], source, encoder.inputs, config.source_length)
    _inputs(spec.decoder, spec.decoder.embeddings, target, decoder.inputs, config.target_length)
    _norm(spec.encoder.layer_norm, encoder.norm)
    _norm(spec.decoder.layer_norm, decoder.norm)
    for to, block in zip(spec.encoder.layer, encoder.blocks, strict=True):
        _encoder_block(to, block)
    for to, block in zip(spec.decoder.layer, decoder.blocks, strict=True):
        _decoder_block(to, block)
    rows = np.asarray(model.output_rows(np.arange(config.target_vocabulary)))
    spec.decoder.projection.weight = rows @ _array(decoder.outputs.kernel).T
    spec.register_source_vocabulary(tokens_of(range(config.source_vocabulary)))
    spec.register_target_vocabulary(tokens_of(range(config.target_vocabulary)))
    if shortlist:
        map_file = folder.with_suffix(".vmap")
        map_file.write_text("\n".join(_vocabulary_map(shortlist)) + "\n", encoding="utf-8")
        spec.register_vocabulary_mapping(str(map_file))
    spec.validate()
    spec.optimize(quantization=quantization)
    folder.mkdir()
    spec.save(str(folder))


def write_random_model(folder: Path, vocabulary: int) -> None:
    """Write a CTranslate2 model with random weights. It is pre-norm, like the CPU models of Marian and OpenNMT."""
    random, units, feed_forward = np.random.default_rng(0), 256, 1024

    def linear(layer: Any, outputs: int, inputs: int) -> None:
        layer.weight = random.normal(0, inputs**-0.5, (outputs, inputs)).astype(np.float32)
        layer.bias = np.zeros(outputs, np.float32)

    def norm(layer: Any) -> None:
        layer.gamma, layer.beta = np.ones(units, np.float32), np.zeros(units, np.float32)

    def block(layer: Any) -> None:
        norm(layer.self_attention.layer_norm)
        linear(layer.self_attention.linear[0], 3 * units, units)
        linear(layer.self_attention.linear[1], units, units)
        norm(layer.ffn.layer_norm)
        linear(layer.ffn.linear_0, feed_forward, units)
        linear(layer.ffn.linear_1, units, feed_forward)

    spec = TransformerSpec.from_config(RANDOM_LAYERS, RANDOM_HEADS)
    for half, embeddings in (
        (spec.encoder, spec.encoder.embeddings[0]),
        (spec.decoder, spec.decoder.embeddings),
    ):
        embeddings.weight = random.normal(0, units**-0.5, (vocabulary, units)).astype(np.float32)
        half.scale_embeddings = True
        norm(half.layer_norm)
        for layer in half.layer:
            block(layer)
    for layer in spec.decoder.layer:
        norm(layer.attention.layer_norm)
        linear(layer.attention.linear[0], units, units)
        linear(layer.attention.linear[1], 2 * units, units)
        linear(layer.attention.linear[2], units, units)
    linear(spec.decoder.projection, vocabulary, units)
    spec.register_source_vocabulary(tokens_of(range(vocabulary)))
    spec.register_target_vocabulary(tokens_of(range(vocabulary)))
    spec.validate()
    spec.optimize(quantization="int8")
    folder.mkdir()
    spec.save(str(folder))


def _vocabulary_map(shortlist: Shortlist) -> list[str]:
    """Return lines with a source n-gram (empty for any source), a tab and the target tokens."""
    frequent = tokens_of(shortlist.of_token(EOS)[:ALWAYS])
    lines = ["\t" + " ".join(frequent)]
    for token in range(EOS + 1, len(shortlist.starts) - 1):
        if len(likely := shortlist.of_token(token)):
            lines.append(f"{token}\t{' '.join(tokens_of(likely))}")
    return lines


def _inputs(half: Any, to: Any, embedding: Any, inputs: Any, length: int) -> None:
    table = _array(embedding.embeddings)
    to.weight = table * table.shape[1] ** 0.5 @ _array(inputs.project.kernel)
    half.scale_embeddings = False
    angles = np.arange(length, dtype=np.float32)[:, np.newaxis] * inputs.rates
    half.position_encodings.encodings = np.concatenate([np.sin(angles), np.cos(angles[:, : inputs.cosines])], axis=1)


def _encoder_block(to: Any, block: Any) -> None:
    """Copy the weights of a `keras_nlp.layers.TransformerEncoder`."""
    attention = block._self_attention_layer
    _norm(to.self_attention.layer_norm, block._self_attention_layer_norm)
    parts = [attention.query_dense, attention.key_dense, attention.value_dense]
    kernels = [_array(part.kernel).reshape(part.kernel.shape[0], -1) for part in parts]
    to.self_attention.linear[0].weight = np.concatenate(kernels, axis=1).T.copy()
    to.self_attention.linear[0].bias = np.concatenate([_array(part.bias).ravel() for part in parts])
    output = attention.output_dense
    to.self_attention.linear[1].weight = _array(output.kernel).reshape(-1, output.kernel.shape[-1]).T.copy()
    to.self_attention.linear[1].bias = _array(output.bias)
    _norm(to.ffn.layer_norm, block._feedforward_layer_norm)
    _linear(to.ffn.linear_0, block._feedforward_intermediate_dense)
    _linear(to.ffn.linear_1, block._feedforward_output_dense)


def _decoder_block(to: Any, block: Any) -> None:
    _norm(to.self_attention.layer_norm, block.norms[0])
    _linear(to.self_attention.linear[0], block.self_attention.query, block.self_attention.key_value)
    _linear(to.self_attention.linear[1], block.self_attention.output_layer)
    _norm(to.attention.layer_norm, block.norms[1])
    _linear(to.attention.linear[0], block.cross_attention.query)
    _linear(to.attention.linear[1], block.cross_attention.key_value)
    _linear(to.attention.linear[2], block.cross_attention.output_layer)
    _norm(to.ffn.layer_norm, block.norms[2])
    _linear(to.ffn.linear_0, block.intermediate_dense)
    _linear(to.ffn.linear_1, block.output_dense)


def _linear(to: Any, *layers: Any) -> None:
    """Copy dense layers with the same input, concatenated to one layer."""
    to.weight = np.concatenate([_array(layer.kernel) for layer in layers], axis=1).T.copy()
    to.bias = np.concatenate([_array(layer.bias) for layer in layers])


def _norm(to: Any, layer: Any) -> None:
    to.gamma, to.beta = _array(layer.gamma), _array(layer.beta)


def _array(weight: Any) -> np.ndarray:
    return np.asarray(weight, dtype=np.float32)
