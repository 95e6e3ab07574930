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
        "encoder.heads = 6: does not divide units = 64, and every head has an equal share of them; allowed: 1, 2, 4, 8",
    ),
    "a decoder's heads that do not divide the units": (
        {"decoder": TransformerDecoderConfig(heads=6), "units": 64},
        "decoder.heads = 6: does not divide",
    ),
    "a dropout for recurrence without recurrence": (
        {**TRANSFORMER, "variational_dropout": True},
        "variational_dropout = true: applies to recurrent layers",
    ),
    "local attention without a window": (
        decoding(alignment="local-m"),
        "decoder.alignment = 'local-m': local attention needs a window",
    ),
    "a window of nothing": (
        decoding(alignment="local-p", window=0),
        "decoder.window = 0: out of range; allowed: >= 1 and <= 2048",
    ),
    "a window of global attention": (decoding(window=4), "decoder.window = 4: global attention has no window"),
    "an alignment of no attention": (
        decoding(attention="none", alignment="local-m", window=2),
        "no attention to align",
    ),
    "feeding no attention": (decoding(attention="none", input_feeding=True), "no attentional vector to feed"),
    "a decoder that knows nothing": (decoding(attention="none", initial_state="zeros"), "all a decoder knows"),
    "feeding twice": (decoding(attention="bahdanau", input_feeding=True), "already takes its context"),
    "halves of an odd number": ({"units": 33}, "allowed: an even number"),
    "states of another cell": (
        {"encoder": RecurrentEncoderConfig(kind="gru"), **decoding(initial_state="copy")},
        "encoder.kind = 'gru' do not fit decoder.kind = 'lstm'; allowed: 'bridge'",
    ),
    "a copy of no state": (
        {"encoder": TransformerEncoderConfig(), **decoding(initial_state="copy")},
        "has no final state; allowed: 'mean', 'sum', 'zeros'",
    ),
    "a bridge from no state": (
        {"encoder": TransformerEncoderConfig(), **decoding(initial_state="bridge")},
        "has no final state",
    ),
    "one embedding for two vocabularies": ({"share_embeddings": True, "target_vocabulary": 30}, "20 source and 30"),
    "an unknown attention": (decoding(attention="hard"), "decoder.attention = 'hard': not known; allowed: none, dot"),
    "an unknown kind": ({"encoder": RecurrentEncoderConfig(kind="rnm")}, "encoder.kind = 'rnm': not known"),
    "too much dropout": ({"dropout": 1.0}, "dropout = 1.0: out of range; allowed: >= 0 and < 1"),
}


def config(**settings):
    return Seq2SeqConfig(**{"source_vocabulary": 20, "target_vocabulary": 20, **settings})


@pytest.mark.parametrize("name", MISFITS)
def test_what_does_not_go_together_is_said_with_what_does(name):
    settings, message = MISFITS[name]
    (mistake,) = config(**settings).mistakes()
    assert message in mistake


@pytest.mark.parametrize("encoder", ENCODERS, ids=lambda config: config.kind)
@pytest.mark.parametrize("decoder", DECODERS, ids=lambda config: config.kind)
def test_any_encoder_goes_with_any_decoder(encoder, decoder):
    assert config(encoder=encoder, decoder=decoder).mistakes() == []


@pytest.mark.parametrize("attention", get_args(Attention))
def test_a_recurrent_decoder_takes_any_attention(attention):
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
def test_settings_not_given_follow_from_the_encoder(encoder, decoder, expected):
    resolved = RecurrentDecoderConfig(**decoder).resolved(encoder)
    assert (resolved.attention, resolved.initial_state) == expected


def test_mistakes_come_together():
    settings = {"encoder": TransformerEncoderConfig(heads=4), "units": 30, "target_vocabulary": 30}
    mistakes = config(**settings, **decoding(alignment="local-m"), share_embeddings=True).mistakes()
    assert [mistake.split(" =")[0] for mistake in mistakes] == [
        "encoder.heads",
        "decoder.alignment",
        "share_embeddings",
    ]
