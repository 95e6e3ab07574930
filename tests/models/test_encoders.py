import numpy as np
import pytest

from seq2edge.models.encoders.bag import BagEncoder
from seq2edge.models.encoders.config import BagEncoderConfig, RecurrentEncoderConfig, TransformerEncoderConfig
from seq2edge.models.encoders.interface import Encoded
from seq2edge.models.encoders.recurrent import RecurrentEncoder
from seq2edge.models.encoders.transformer import TransformerEncoder

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
def test_every_encoder_returns_the_same(name):
    encoder, states_of_a_layer = ENCODERS[name]
    encoded = encoder(EMBEDDED, MASK)
    assert isinstance(encoded, Encoded)
    assert encoded.memory.shape == (2, 5, 8)
    np.testing.assert_array_equal(encoded.mask, MASK)
    np.testing.assert_array_equal(np.asarray(encoded.memory)[1, 2:], 0)
    shapes = [[tuple(state.shape) for state in layer] for layer in encoded.states]
    assert shapes == [[(2, 8)] * states_of_a_layer] * (LAYERS if states_of_a_layer else 0)


@pytest.mark.parametrize("name", ENCODERS)
def test_an_encoder_is_made_again_from_its_config(name):
    encoder, _ = ENCODERS[name]
    again = type(encoder).from_config(encoder.get_config())
    assert again.config == encoder.config
    assert again.get_config() == encoder.get_config()


def test_two_directions_need_an_even_number_of_units():
    with pytest.raises(ValueError, match="units = 7 is odd"):
        RecurrentEncoder(RecurrentEncoderConfig(), units=7)


def test_a_bag_of_tokens_is_the_embeddings_themselves():
    memory = BagEncoder(BagEncoderConfig(), units=6)(EMBEDDED, MASK).memory
    np.testing.assert_array_equal(memory, EMBEDDED * MASK[:, :, None])
