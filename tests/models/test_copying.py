"""A model that copies writes numbers that were never a target in training."""

from functools import partial

import keras
import numpy as np
import pytest

from seq2edge.device.special_ids import BOS, EOS
from seq2edge.models.config import Seq2SeqConfig
from seq2edge.models.decoders.config import RecurrentDecoderConfig, TransformerDecoderConfig
from seq2edge.models.encoders.config import TransformerEncoderConfig
from seq2edge.models.loss import SequenceLoss
from seq2edge.models.seq2seq import build_seq2seq
from tests.models.stepwise import decoder_steps

WORDS, NUMBERS, NEW_NUMBERS = range(4, 12), range(20, 60), range(60, 80)
VOCABULARY = 80
SHIFT = 8  # the id of a number is lower by it where the sides have a vocabulary each
TABLE = (*[0] * 4, *range(4, 20), *(token - SHIFT for token in (*NUMBERS, *NEW_NUMBERS)))


def pairs(rows, numbers, shift=0):
    """Three words and a number anywhere among them → the words' translations and the same number.

    Returns:
        Sources, target inputs and targets, each `(rows, 5)`, and where the number is.
    """
    rng = np.random.default_rng(numbers[0])
    place = np.arange(4) == rng.integers(0, 4, (rows, 1))
    words, number = rng.choice(WORDS, (rows, 4)), rng.choice(numbers, (rows, 1))
    ends = np.full((rows, 1), EOS)
    source = np.concatenate([np.where(place, number, words), ends], axis=1).astype("int32")
    target = np.concatenate([np.where(place, number - shift, words + len(WORDS)), ends], axis=1).astype("int32")
    inputs = np.concatenate([np.full((rows, 1), BOS, "int32"), target[:, :-1]], axis=1)
    return source, inputs, target, np.pad(place, ((0, 0), (0, 1)))


def new_numbers_written(shift=0, **settings):
    """The share of new numbers that a model writes at the right position after training on others."""
    keras.utils.set_random_seed(1)
    config = Seq2SeqConfig(VOCABULARY, VOCABULARY - shift, units=32, embedding=32, dropout=0.0, **settings)
    model = build_seq2seq(config).training
    source, inputs, target, _ = pairs(1024, NUMBERS, shift)
    model.compile(keras.optimizers.Adam(0.01), SequenceLoss(0.1), jit_compile=False)
    model.fit([source, inputs], target, batch_size=64, epochs=16, verbose=0)
    source, inputs, target, place = pairs(200, NEW_NUMBERS, shift)
    found = model.predict([source, inputs], verbose=0).argmax(-1)
    return (found == target)[place].mean()


def test_only_a_copying_model_writes_unseen_numbers():
    assert new_numbers_written(copy=True) > 0.95
    assert new_numbers_written(copy=False) < 0.05


def test_the_copy_table_maps_source_ids_to_target_ids():
    assert new_numbers_written(SHIFT, copy=True, copy_table=TABLE) > 0.95


SMALL = {"units": 16, "embedding": 16, "dropout": 0.0, "copy": True}
VARIANTS = {
    "lstm": {},
    "input feeding": {"decoder": RecurrentDecoderConfig(input_feeding=True, layers=2)},
    "Bahdanau": {"decoder": RecurrentDecoderConfig(kind="gru", attention="bahdanau")},
    "local-p": {"decoder": RecurrentDecoderConfig(alignment="local-p", window=1)},
    "fed, local-m": {"decoder": RecurrentDecoderConfig(alignment="local-m", window=1, input_feeding=True)},
    "Transformer": {"encoder": TransformerEncoderConfig(), "decoder": TransformerDecoderConfig(heads=2)},
    "two vocabularies": {"copy_table": TABLE},
}
SOURCE = np.array([[25, 6, 25, 30, 9, 3], [5, 6, 3, 0, 0, 0], [3, 0, 0, 0, 0, 0]], "int32")
TARGET_INPUTS = np.array([[2, 4, 5, 6], [2, 9, 9, 9], [2, 7, 4, 5]], "int32")
steps = partial(decoder_steps, source=SOURCE, target_inputs=TARGET_INPUTS)


@pytest.fixture(params=VARIANTS, ids=str)
def model(request):
    keras.utils.set_random_seed(1)
    return build_seq2seq(Seq2SeqConfig(VOCABULARY, VOCABULARY, **SMALL, **VARIANTS[request.param]))


def test_decoding_step_by_step_equals_the_whole_sequence(model):
    whole = np.array(model.training([SOURCE, TARGET_INPUTS]))
    np.testing.assert_allclose(np.stack([one["logits"] for one in steps(model)], axis=1), whole, atol=1e-5)
    np.testing.assert_allclose(np.exp(whole).sum(-1), 1, atol=1e-5)


def test_a_loaded_model_gives_the_same_outputs(model, tmp_path):
    model.training.save(tmp_path / "model.keras")
    loaded = keras.models.load_model(tmp_path / "model.keras")
    np.testing.assert_array_equal(loaded([SOURCE, TARGET_INPUTS]), model.training([SOURCE, TARGET_INPUTS]))


@pytest.mark.parametrize("dtype", ["float32", "mixed_bfloat16", "mixed_float16"])
def test_a_certain_gate_and_improbable_targets_have_finite_gradients(dtype):
    model = build_seq2seq(Seq2SeqConfig(VOCABULARY, VOCABULARY, **SMALL), dtype).training
    for certain in (-200.0, 200.0):  # all is copied, or nothing
        model.get_layer("copying").gate.bias.assign([certain])
        model.compile(keras.optimizers.SGD(0.1), SequenceLoss(0.1), jit_compile=False)
        assert np.isfinite(model.train_on_batch([SOURCE, TARGET_INPUTS], np.full((3, 4), 79, "int32")))
        assert all(np.isfinite(np.array(weight)).all() for weight in model.weights)


def test_copying_without_attention_is_refused():
    with pytest.raises(ValueError, match=r"copy must be false with decoder\.attention = 'none', got true"):
        build_seq2seq(Seq2SeqConfig(20, 20, copy=True, decoder=RecurrentDecoderConfig(attention="none")))
