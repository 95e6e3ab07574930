from typing import get_args

import pytest

from seq2edge.models.config import Seq2SeqConfig
from seq2edge.models.decoders.config import Attention, RecurrentDecoderConfig, TransformerDecoderConfig
from seq2edge.models.encoders.config import BagEncoderConfig, RecurrentEncoderConfig, TransformerEncoderConfig
from seq2edge.models.layers.settings import CellKind

TRANSFORMER = {"encoder": TransformerEncoderConfig(), "decoder": TransformerDecoderConfig()}
CELLS = get_args(CellKind)
ENCODERS = [*(RecurrentEncoderConfig(kind=kind) for kind in CELLS), TransformerEncoderConfig(), BagEncoderConfig()]
DECODERS = [*(RecurrentDecoderConfig(kind=kind) for kind in CELLS), TransformerDecoderConfig()]


def decoding(**settings):
    return {"decoder": RecurrentDecoderConfig(**settings)}


MISFITS = {
    "an encoder's heads that do not divide the units": (
        {"encoder": TransformerEncoderConfig(heads=6), "units": 64},
        "encoder.heads must be a divisor of units = 64 (1, 2, 4, 8, 16), got 6; every head has an equal share",
    ),
    "a decoder's heads that do not divide the units": (
        {"decoder": TransformerDecoderConfig(heads=6), "units": 64},
        "decoder.heads must be a divisor of units = 64",
    ),
    "a dropout for recurrence without recurrence": (
        {**TRANSFORMER, "variational_dropout": True},
        "variational_dropout must be false in a model without recurrent layers, got true",
    ),
    "local attention without a window": (
        decoding(alignment="local-m"),
        "decoder.window must be at least 1 with alignment = 'local-m', got none",
    ),
    "a window of 0": (
        decoding(alignment="local-p", window=0),
        "decoder.window must be at least 1 and at most 2048, got 0",
    ),
    "a window of global attention": (
        decoding(window=4),
        "decoder.window must be left out with alignment = 'global', got 4",
    ),
    "an alignment without attention": (
        decoding(attention="none", alignment="local-m", window=2),
        "no attention to align",
    ),
    "input feeding without attention": (
        decoding(attention="none", input_feeding=True),
        "no attentional vector to feed",
    ),
    "zero states without attention": (decoding(attention="none", initial_state="zeros"), "all that the decoder knows"),
    "input feeding with bahdanau": (decoding(attention="bahdanau", input_feeding=True), "already takes its context"),
    "two directions with odd units": (
        {"units": 33},
        "bidirectional must be false with an odd number of units, 33, got true",
    ),
    "states of another cell": (
        {"encoder": RecurrentEncoderConfig(kind="gru"), **decoding(initial_state="copy")},
        "must be one of 'bridge', 'mean', 'sum', 'zeros', got 'copy'; states of encoder.kind = 'gru' do not fit",
    ),
    "a copy without states": (
        {"encoder": TransformerEncoderConfig(), **decoding(initial_state="copy")},
        "must be one of 'mean', 'sum', 'zeros', got 'copy'; encoder.kind = 'transformer' has no final state",
    ),
    "a bridge without states": (
        {"encoder": TransformerEncoderConfig(), **decoding(initial_state="bridge")},
        "has no final state",
    ),
    "one embedding for two vocabularies": ({"share_embeddings": True, "target_vocabulary": 30}, "20 source and 30"),
    "an unknown attention": (decoding(attention="hard"), "decoder.attention must be one of 'none', 'dot'"),
    "an unknown kind": ({"encoder": RecurrentEncoderConfig(kind="rnm")}, "encoder.kind must be one of"),
    "too much dropout": ({"dropout": 1.0}, "dropout must be at least 0 and less than 1, got 1.0"),
}


def config(**settings):
    return Seq2SeqConfig(**{"source_vocabulary": 20, "target_vocabulary": 20, **settings})


@pytest.mark.parametrize("name", MISFITS)
def test_incompatible_settings_are_refused_with_the_allowed_ones(name):
    settings, message = MISFITS[name]
    (mistake,) = config(**settings).mistakes()
    assert message in mistake


@pytest.mark.parametrize("encoder", ENCODERS, ids=lambda config: config.kind)
@pytest.mark.parametrize("decoder", DECODERS, ids=lambda config: config.kind)
def test_any_encoder_can_be_combined_with_any_decoder(encoder, decoder):
    assert config(encoder=encoder, decoder=decoder).mistakes() == []


@pytest.mark.parametrize("attention", get_args(Attention))
def test_a_recurrent_decoder_can_have_any_attention(attention):
    assert config(encoder=TransformerEncoderConfig(), **decoding(attention=attention)).mistakes() == []


@pytest.mark.parametrize(
    ("encoder", "decoder", "expected"),
    [
        (RecurrentEncoderConfig(), {"kind": "gru"}, ("general", "bridge")),
        (RecurrentEncoderConfig(), {}, ("general", "copy")),
        (TransformerEncoderConfig(), {"kind": "gru"}, ("scaled_dot", "mean")),
        (RecurrentEncoderConfig(layer_norm=True), {}, ("scaled_dot", "copy")),
        (RecurrentEncoderConfig(), {"layer_norm": True}, ("scaled_dot", "copy")),
        (TransformerEncoderConfig(), {"attention": "dot", "initial_state": "zeros"}, ("dot", "zeros")),
    ],
)
def test_missing_settings_depend_on_the_encoder(encoder, decoder, expected):
    resolved = RecurrentDecoderConfig(**decoder).resolved(encoder)
    assert (resolved.attention, resolved.initial_state) == expected


def test_all_mistakes_are_returned():
    settings = {"encoder": TransformerEncoderConfig(heads=4), "units": 30, "target_vocabulary": 30}
    mistakes = config(**settings, **decoding(alignment="local-m"), share_embeddings=True).mistakes()
    assert [mistake.split(" ")[0] for mistake in mistakes] == [
        "encoder.heads",
        "decoder.window",
        "share_embeddings",
    ]
