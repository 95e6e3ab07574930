from dataclasses import dataclass

import keras
import numpy as np
import pytest

from seq2edge.models.classifier import build_classifier
from seq2edge.models.config import ClassifierConfig, Seq2SeqConfig
from seq2edge.models.encoders import build
from seq2edge.models.encoders.bag import BagEncoder
from seq2edge.models.encoders.config import (
    MAX_ROWS,
    BagEncoderConfig,
    NGramEncoderConfig,
    RecurrentEncoderConfig,
    TransformerEncoderConfig,
)
from seq2edge.models.encoders.interface import Encoded
from seq2edge.models.encoders.ngrams import FACTORS, NGramEmbedding
from seq2edge.models.encoders.recurrent import RecurrentEncoder
from seq2edge.models.encoders.transformer import TransformerEncoder
from seq2edge.models.layers.configured import ConfiguredLayer
from seq2edge.models.loss import ClassificationLoss, SequenceLoss
from seq2edge.models.seq2seq import build_seq2seq

EMBEDDED = np.random.default_rng(1).normal(size=(2, 5, 6)).astype("float32")
MASK = np.array([[1, 1, 1, 1, 1], [1, 1, 0, 0, 0]], "int32")
LAYERS = 2
ENCODERS = {
    "bag": (BagEncoder(BagEncoderConfig(), units=8), 0),
    "gru": (RecurrentEncoder(RecurrentEncoderConfig(kind="gru", layers=LAYERS), units=8), 1),
    "lstm": (RecurrentEncoder(RecurrentEncoderConfig(layers=LAYERS, layer_norm=True), units=8), 2),
    "transformer": (TransformerEncoder(TransformerEncoderConfig(layers=LAYERS), units=8), 0),
}


@pytest.mark.parametrize("name", ENCODERS)
def test_every_encoder_returns_memory_mask_and_states(name):
    encoder, states_of_a_layer = ENCODERS[name]
    encoded = encoder(EMBEDDED, MASK)
    assert isinstance(encoded, Encoded)
    assert encoded.memory.shape == (2, 5, 8)
    np.testing.assert_array_equal(encoded.mask, MASK)
    np.testing.assert_array_equal(np.asarray(encoded.memory)[1, 2:], 0)
    shapes = [[tuple(state.shape) for state in layer] for layer in encoded.states]
    assert shapes == [[(2, 8)] * states_of_a_layer] * (LAYERS if states_of_a_layer else 0)


@pytest.mark.parametrize("name", ENCODERS)
def test_an_encoder_can_be_rebuilt_from_its_config(name):
    encoder, _ = ENCODERS[name]
    again = type(encoder).from_config(encoder.get_config())
    assert again.config == encoder.config
    assert again.get_config() == encoder.get_config()


def test_two_directions_need_an_even_number_of_units():
    with pytest.raises(ValueError, match="an odd number of units, 7"):
        RecurrentEncoder(RecurrentEncoderConfig(), units=7)


def test_a_bag_of_tokens_returns_the_embeddings():
    memory = BagEncoder(BagEncoderConfig(), units=6)(EMBEDDED, MASK).memory
    np.testing.assert_array_equal(memory, EMBEDDED * MASK[:, :, None])


def ngrams(**settings):
    layer = NGramEmbedding(
        NGramEncoderConfig(**{"longest": 3, "rows": 101} | settings), tokens=30, width=4, deviation=1.0
    )
    layer.build((None, None))
    return layer


def test_a_token_gets_the_embeddings_of_the_ngrams_that_end_with_it():
    layer = ngrams()
    found = np.asarray(layer(np.array([[7, 9, 7, 9]])))[0]
    tokens, rows = map(np.asarray, layer.get_weights())

    def row(*ids):  # of an n-gram; before the first token there is padding
        hashed = 0
        for token in ids:
            hashed = (hashed % 101 * FACTORS[0] + token) % 101
        return rows[hashed]

    np.testing.assert_allclose(found[0], tokens[7] + row(0, 7) + row(0, 0, 7), atol=1e-5)
    np.testing.assert_allclose(found[3], tokens[9] + row(7, 9) + row(9, 7, 9), atol=1e-5)
    assert not np.allclose(found[1], found[3])  # the same token after another beginning


def test_with_two_hashes_an_ngram_is_the_sum_of_two_rows():
    layer = ngrams(longest=2, hashes=2)
    found = np.asarray(layer(np.array([[7, 9]])))[0]
    tokens, rows = map(np.asarray, layer.get_weights())
    of_ngram = [rows[(7 * factor + 9) % 101] for factor in FACTORS]
    np.testing.assert_allclose(found[1], tokens[9] + sum(of_ngram), atol=1e-5)


def test_the_hash_of_an_ngram_fits_into_32_bits():
    layer = ngrams(longest=5, rows=MAX_ROWS)
    ids = np.full((1, 6), 29, "int32")
    exact = 29
    for _ in range(4):
        exact = (exact % MAX_ROWS * FACTORS[0] + 29) % MAX_ROWS
    assert (MAX_ROWS - 1) * FACTORS[0] + 64_000 < 2**31
    assert np.isfinite(np.asarray(layer(ids))).all()
    assert 0 <= exact < MAX_ROWS


def test_an_ngram_embedding_can_be_rebuilt_from_its_config():
    layer = ngrams()
    again = NGramEmbedding.from_config(layer.get_config())
    assert (again.config, again.tokens, again.width) == (layer.config, 30, 4)


@dataclass(frozen=True, kw_only=True)
class NeighbourConfig:
    """Settings of `NeighbourEncoder`."""

    kind: str = "neighbour"
    width: int = 3
    final_states = None
    normalises_memory = adds_positions = False

    def mistakes(self, units):
        return iter(())


@keras.saving.register_keras_serializable(package="tests")
class NeighbourEncoder(ConfiguredLayer):
    """A convolution: each token with its neighbours."""

    CONFIG, SETTINGS = NeighbourConfig, ("units",)

    def __init__(self, config, units=8, **kwargs):
        super().__init__(**kwargs)
        self.config, self.units = config, units
        self.convolution = keras.layers.Conv1D(units, config.width, padding="same", dtype=self.dtype_policy)

    def build(self, embedded_shape, memory_mask_shape=None):
        self.convolution.build(embedded_shape)

    def call(self, embedded, memory_mask):
        memory = self.convolution(embedded) * keras.ops.cast(memory_mask[:, :, None], embedded.dtype)
        return Encoded(memory, memory_mask, [])


SOURCE = np.array([[5, 6, 7, 3], [8, 9, 3, 0]], "int32")


@pytest.mark.parametrize("family", ["classifier", "seq2seq"])
def test_a_new_encoder_needs_only_a_layer_a_config_and_an_entry(family, monkeypatch):
    make = {NeighbourConfig: lambda config, unroll, **settings: NeighbourEncoder(config.encoder, **settings)}
    monkeypatch.setattr(build, "ENCODERS", build.ENCODERS | make)
    sizes = {"source_vocabulary": 12, "units": 8, "embedding": 6, "encoder": NeighbourConfig()}
    if family == "classifier":
        model, loss = build_classifier(ClassifierConfig(classes=3, **sizes)).training, ClassificationLoss()
        inputs, targets = SOURCE, np.array([0, 2])
    else:
        model, loss = build_seq2seq(Seq2SeqConfig(target_vocabulary=12, **sizes)).training, SequenceLoss()
        inputs, targets = [SOURCE, np.array([[2, 4, 5], [2, 6, 3]], "int32")], np.array([[4, 5, 3], [6, 3, 0]])
    assert model.get_layer("encoder").config == NeighbourConfig()
    before = [np.array(weight) for weight in model.get_layer("encoder").weights]
    model.compile(keras.optimizers.Adam(0.01), loss, jit_compile=False)
    model.train_on_batch(inputs, targets)
    assert before
    assert all(
        (np.array(weight) != old).any() for weight, old in zip(model.get_layer("encoder").weights, before, strict=True)
    )
