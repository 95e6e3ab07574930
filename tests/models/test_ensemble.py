from functools import partial

import keras
import numpy as np
import pytest

from seq2edge.models.config import Seq2SeqConfig
from seq2edge.models.decoders.config import RecurrentDecoderConfig, TransformerDecoderConfig
from seq2edge.models.encoders.config import BagEncoderConfig, RecurrentEncoderConfig, TransformerEncoderConfig
from seq2edge.models.ensemble import EnsembleConfig, build_ensemble
from seq2edge.models.seq2seq import build_seq2seq
from tests.models.stepwise import decoder_steps

VOCABULARY = 20
SMALL = {"units": 16, "embedding": 16, "dropout": 0.0}


def config(**settings):
    return Seq2SeqConfig(VOCABULARY, VOCABULARY, **{**SMALL, **settings})


DEEP = {"encoder": RecurrentEncoderConfig(layers=3), "decoder": RecurrentDecoderConfig(layers=3)}
NO_ATTENTION = config(
    encoder=BagEncoderConfig(), decoder=RecurrentDecoderConfig(kind="gru", attention="none"), embedding=8
)
TRANSFORMER = config(
    encoder=TransformerEncoderConfig(layers=2, heads=2), decoder=TransformerDecoderConfig(heads=4), tie_embeddings=False
)
MEMBERS = {
    "one": (config(),),
    "two of a kind": (config(), config(units=8)),
    "without attention": (NO_ATTENTION, NO_ATTENTION),
    "of every kind, with many states": (config(**DEEP), NO_ATTENTION, TRANSFORMER, config(**DEEP)),
}
SOURCE = np.array([[5, 6, 7, 8, 9, 3], [5, 6, 3, 0, 0, 0], [3, 0, 0, 0, 0, 0]], "int32")
TARGET_INPUTS = np.array([[2, 4, 5, 6], [2, 9, 9, 9], [2, 7, 4, 5]], "int32")
steps = partial(decoder_steps, source=SOURCE, target_inputs=TARGET_INPUTS)


@pytest.fixture(params=MEMBERS, ids=str)
def ensemble(request):
    keras.utils.set_random_seed(1)
    return build_ensemble(EnsembleConfig(MEMBERS[request.param]))


def test_decoding_step_by_step_equals_the_whole_sequence(ensemble):
    whole = np.array(ensemble.training([SOURCE, TARGET_INPUTS]))
    found = np.stack([outputs["logits"] for outputs in steps(ensemble)], axis=1)
    np.testing.assert_allclose(found, whole, atol=1e-5)


def test_logits_and_attention_are_the_mean_of_the_members(ensemble):
    of_members = [steps(member) for member in ensemble.members]
    for found, *members in zip(steps(ensemble), *of_members, strict=True):
        for name in ("logits", "attention"):
            values = [outputs[name] for outputs in members if name in outputs]
            assert (name in found) == bool(values)
            if values:
                np.testing.assert_allclose(found[name], np.mean(values, axis=0), atol=1e-6)


def test_vector_times_output_rows_are_the_logits_of_these_tokens(ensemble):
    tokens = np.array([3, 7, 19], "int32")
    rows = np.array(ensemble.output_rows(tokens))
    for outputs in steps(ensemble):
        np.testing.assert_allclose(outputs["vector"] @ rows.T, outputs["logits"][:, tokens], atol=1e-5)


def test_a_loaded_ensemble_gives_the_same_outputs(ensemble, tmp_path):
    ensemble.training.save(tmp_path / "model.keras")
    expected = ensemble.training([SOURCE, TARGET_INPUTS])
    loaded = keras.models.load_model(tmp_path / "model.keras")
    np.testing.assert_array_equal(loaded([SOURCE, TARGET_INPUTS]), expected)
    fresh = build_ensemble(ensemble.config)
    fresh.training.load_weights(tmp_path / "model.keras")
    np.testing.assert_array_equal(fresh.training([SOURCE, TARGET_INPUTS]), expected)


def test_an_ensemble_of_one_member_equals_this_member():
    alone, ensemble = build_seq2seq(TRANSFORMER), build_ensemble(EnsembleConfig((TRANSFORMER,)))
    ensemble.members[0].training.set_weights(alone.training.get_weights())
    for found, expected in zip(steps(ensemble), steps(alone), strict=True):
        assert found.keys() == expected.keys()
        for name, value in expected.items():
            np.testing.assert_array_equal(found[name], value)


def test_weights_are_named_by_member():
    ensemble = build_ensemble(EnsembleConfig((config(), config())))
    names = [weight.path for weight in ensemble.training.weights]
    assert len(set(names)) == len(names)
    assert {name.split("/")[0] for name in names} == {"member_0", "member_1"}


def test_incompatible_settings_are_refused():
    with pytest.raises(ValueError, match=r"encoder\.bidirectional must be false"):
        build_ensemble(EnsembleConfig((config(), config(units=33))))
