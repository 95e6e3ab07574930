import keras
import numpy as np
import pytest

from seq2edge.device.special_ids import PAD
from seq2edge.models.config import Seq2SeqConfig
from seq2edge.models.decoders.config import RecurrentDecoderConfig, TransformerDecoderConfig
from seq2edge.models.decoders.recurrent import RecurrentDecoder
from seq2edge.models.encoders.config import (
    BagEncoderConfig,
    NGramEncoderConfig,
    RecurrentEncoderConfig,
    TransformerEncoderConfig,
)
from seq2edge.models.loss import SequenceLoss
from seq2edge.models.seq2seq import build_seq2seq

SMALL = {"source_vocabulary": 20, "target_vocabulary": 20, "units": 16, "embedding": 16, "dropout": 0.0}
VARIANTS = {
    "lstm": {},
    "residual": {
        "encoder": RecurrentEncoderConfig(residual=True, layers=2),
        "decoder": RecurrentDecoderConfig(residual=True),
    },
    "gru, concat, two layers": {
        "encoder": RecurrentEncoderConfig(kind="gru", layers=2),
        "decoder": RecurrentDecoderConfig(kind="gru", attention="concat", layers=2),
    },
    "input feeding": {
        "encoder": RecurrentEncoderConfig(bidirectional=False),
        "decoder": RecurrentDecoderConfig(input_feeding=True, layers=2),
    },
    "dot, shared but untied": {
        "decoder": RecurrentDecoderConfig(attention="dot"),
        "tie_embeddings": False,
        "embedding": 8,
        "share_embeddings": True,
    },
    "bag to gru": {"encoder": BagEncoderConfig(), "decoder": RecurrentDecoderConfig(kind="gru"), "embedding": 8},
    "n-grams to gru": {
        "encoder": NGramEncoderConfig(longest=3, rows=97),
        "decoder": RecurrentDecoderConfig(kind="gru"),
        "embedding": 8,
    },
    "Transformer": {
        "encoder": TransformerEncoderConfig(layers=2, heads=2),
        "decoder": TransformerDecoderConfig(heads=8, feed_forward=24),
    },
}
SOURCE = np.array([[5, 6, 7, 8, 9, 3], [5, 6, 3, 0, 0, 0], [3, 0, 0, 0, 0, 0]], "int32")
TARGET_INPUTS = np.array([[2, 4, 5, 6], [2, 9, 9, 9], [2, 7, 4, 5]], "int32")


@pytest.fixture(params=VARIANTS, ids=str)
def model(request):
    keras.utils.set_random_seed(1)
    return build_seq2seq(Seq2SeqConfig(**{**SMALL, **VARIANTS[request.param]}))


def step_by_step(model, source_ids, target_inputs):
    encoded = {name: np.array(value) for name, value in model.encoder(source_ids).items()}
    states = {name: value for name, value in encoded.items() if name.startswith("state_")}
    logits = []
    for position in range(target_inputs.shape[1]):
        outputs = model.decoder_step(
            {
                "token_ids": target_inputs[:, position],
                "memory": encoded["memory"],
                "memory_mask": encoded["memory_mask"],
                **states,
            }
        )
        states = {name: np.array(outputs[name]) for name in states}
        logits.append(np.array(outputs["logits"]))
    return np.stack(logits, axis=1)


def test_decoding_step_by_step_equals_the_whole_sequence(model):
    whole = np.array(model.training([SOURCE, TARGET_INPUTS]))
    np.testing.assert_allclose(step_by_step(model, SOURCE, TARGET_INPUTS), whole, atol=1e-5)


def test_padding_does_not_change_the_logits(model):
    padded = np.pad(SOURCE, ((0, 0), (0, 10)))
    np.testing.assert_allclose(
        model.training([padded, TARGET_INPUTS]), model.training([SOURCE, TARGET_INPUTS]), atol=1e-6
    )
    alone = model.training([SOURCE[1:2, :3], TARGET_INPUTS[1:2]])
    np.testing.assert_allclose(alone[0], model.training([SOURCE, TARGET_INPUTS])[1], atol=1e-6)


def test_a_loaded_model_gives_the_same_outputs(model, tmp_path):
    model.training.save(tmp_path / "model.keras")
    loaded = keras.models.load_model(tmp_path / "model.keras")
    np.testing.assert_array_equal(loaded([SOURCE, TARGET_INPUTS]), model.training([SOURCE, TARGET_INPUTS]))
    for side in ("encoder", "decoder"):
        layer = model.training.get_layer(side)
        assert loaded.get_layer(side).config == layer.config
        assert loaded.get_layer(side).get_config() == layer.get_config()


def test_a_model_learns_to_reverse():
    keras.utils.set_random_seed(1)
    rng = np.random.default_rng(1)
    digits = rng.integers(4, 20, (512, 5)).astype("int32")
    source = np.concatenate([digits, np.full((512, 1), 3, "int32")], axis=1)
    target = np.concatenate([digits[:, ::-1], np.full((512, 1), 3, "int32")], axis=1)
    inputs = np.concatenate([np.full((512, 1), 2, "int32"), target[:, :-1]], axis=1)
    model = build_seq2seq(Seq2SeqConfig(**{**SMALL, "units": 64, "embedding": 32}))
    model.training.compile(keras.optimizers.Adam(0.01), SequenceLoss(), jit_compile=False)
    model.training.fit([source, inputs], target, batch_size=64, epochs=40, verbose=0)
    found = np.array(model.training.predict([source, inputs], verbose=0)).argmax(-1)
    assert (found == target).mean() > 0.97


def test_shared_embeddings_of_two_vocabularies_are_refused():
    with pytest.raises(ValueError, match="20 source and 30 target"):
        build_seq2seq(Seq2SeqConfig(**{**SMALL, "target_vocabulary": 30, "share_embeddings": True}))


def test_the_padding_id_equals_that_of_the_device():
    assert Seq2SeqConfig(20, 20).pad_id == SequenceLoss().pad_id == PAD


def test_incompatible_settings_are_refused():
    config = Seq2SeqConfig(20, 20, units=33, decoder=RecurrentDecoderConfig(window=4))
    with pytest.raises(
        ValueError, match=r"encoder\.bidirectional must be false[\s\S]*decoder\.window must be left out"
    ):
        build_seq2seq(config)


def test_a_decoder_needs_resolved_settings():
    with pytest.raises(ValueError, match="Received: attention=None, initial_state=None"):
        RecurrentDecoder(RecurrentDecoderConfig())
