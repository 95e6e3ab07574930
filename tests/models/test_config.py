import pytest

from seq2edge.models.config import ATTENTIONS, KINDS, Seq2SeqConfig

MISFITS = {
    "heads that do not divide the units": ({"encoder": "transformer", "units": 64, "heads": 6}, "allowed: 1, 2, 4, 8"),
    "a Transformer encoder of one direction": ({"encoder": "transformer", "bidirectional": False}, "sees both sides"),
    "recurrent extras without recurrence": (
        {"encoder": "transformer", "decoder": "transformer", "layer_norm": True},
        "layer_norm = true: is of recurrent layers",
    ),
    "another attention in a Transformer decoder": (
        {"decoder": "transformer", "attention": "concat"},
        "attention = 'concat': every head of a Transformer decoder attends by scaled dot product",
    ),
    "local attention in a Transformer decoder": (
        {"decoder": "transformer", "alignment": "local-m", "window": 3},
        "looks at the whole source",
    ),
    "input feeding of a Transformer decoder": (
        {"decoder": "transformer", "input_feeding": True},
        "nothing is fed back",
    ),
    "an initial state of a Transformer decoder": ({"decoder": "transformer", "initial_state": "mean"}, "leave it out"),
    "local attention without a window": ({"alignment": "local-m"}, "local attention needs a window"),
    "a window of nothing": ({"alignment": "local-p", "window": 0}, "window = 0: sees nothing"),
    "a window of global attention": ({"window": 4}, "global attention has no window"),
    "an alignment of no attention": (
        {"attention": "none", "alignment": "local-m", "window": 2},
        "no attention to align",
    ),
    "feeding no attention": ({"attention": "none", "input_feeding": True}, "no attentional vector to feed"),
    "a decoder that knows nothing": ({"attention": "none", "initial_state": "zeros"}, "all a decoder knows"),
    "feeding twice": ({"attention": "bahdanau", "input_feeding": True}, "already takes its context"),
    "halves of an odd number": ({"units": 33}, "allowed: an even number"),
    "states of another cell": ({"encoder": "gru", "initial_state": "copy"}, "allowed: 'bridge'"),
    "a bridge from no state": ({"encoder": "transformer", "initial_state": "bridge"}, "has no final state"),
    "one embedding for two vocabularies": ({"share_embeddings": True, "target_vocabulary": 30}, "20 source and 30"),
    "what nobody knows": ({"attention": "hard"}, "attention = 'hard': not known; allowed: none, dot"),
}


def config(**settings):
    return Seq2SeqConfig(**{"source_vocabulary": 20, "target_vocabulary": 20, **settings})


@pytest.mark.parametrize("name", MISFITS)
def test_what_does_not_go_together_is_said_with_what_does(name):
    settings, message = MISFITS[name]
    (mistake,) = config(**settings).mistakes()
    assert message in mistake


@pytest.mark.parametrize("encoder", KINDS)
@pytest.mark.parametrize("decoder", KINDS)
def test_any_encoder_goes_with_any_decoder(encoder, decoder):
    assert config(encoder=encoder, decoder=decoder).mistakes() == []


@pytest.mark.parametrize("attention", ATTENTIONS)
def test_a_recurrent_decoder_takes_any_attention(attention):
    assert config(encoder="transformer", attention=attention).mistakes() == []


@pytest.mark.parametrize(
    ("encoder", "decoder", "attention"),
    [("lstm", "gru", "general"), ("transformer", "gru", "scaled_dot"), ("lstm", "transformer", "scaled_dot")],
)
def test_scores_beside_a_transformer_are_scaled(encoder, decoder, attention):
    assert config(encoder=encoder, decoder=decoder).attention_in_use == attention


def test_mistakes_come_together():
    assert (
        len(config(encoder="transformer", units=30, heads=4, bidirectional=False, alignment="local-m").mistakes()) == 3
    )
