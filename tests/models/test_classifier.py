import re
from typing import get_args

import keras
import numpy as np
import pytest

from seq2edge.models.classifier import build_classifier
from seq2edge.models.config import ClassifierConfig, ClassifierSettings, Seq2SeqConfig
from seq2edge.models.encoders.config import BagEncoderConfig, RecurrentEncoderConfig, TransformerEncoderConfig
from seq2edge.models.layers.settings import Pooling
from seq2edge.models.loss import ClassificationLoss
from seq2edge.models.seq2seq import build_seq2seq

CLASSES, POOLINGS = 4, get_args(Pooling)
SMALL = {"source_vocabulary": 20, "classes": CLASSES, "units": 16, "embedding": 12, "dropout": 0.0}
ENCODERS = {
    "bag": BagEncoderConfig(),
    "gru": RecurrentEncoderConfig(kind="gru"),
    "lstm": RecurrentEncoderConfig(layers=2),
    "transformer": TransformerEncoderConfig(heads=2),
}
SOURCE = np.array([[5, 6, 7, 8, 9, 3], [5, 6, 3, 0, 0, 0], [3, 0, 0, 0, 0, 0]], "int32")


def make(seed=1, **settings):
    keras.utils.set_random_seed(seed)
    return build_classifier(ClassifierConfig(**{**SMALL, **settings}))


@pytest.fixture(params=[(encoder, pooling) for encoder in ENCODERS for pooling in POOLINGS], ids="-".join)
def model(request):
    encoder, pooling = request.param
    return make(encoder=ENCODERS[encoder], pooling=pooling)


def test_padding_does_not_change_the_logits(model):
    logits = model.training(SOURCE)
    assert logits.shape == (3, CLASSES)
    np.testing.assert_allclose(model.training(np.pad(SOURCE, ((0, 0), (0, 10)))), logits, atol=1e-6)
    np.testing.assert_allclose(model.training(SOURCE[1:2, :3])[0], logits[1], atol=1e-6)


def test_a_row_of_padding_gives_finite_outputs(model):
    assert np.isfinite(model.training(np.zeros((2, 5), "int32"))).all()


def test_classify_shares_the_layers_of_training(model):
    outputs = model.classify(SOURCE)
    np.testing.assert_array_equal(outputs["logits"], model.training(SOURCE))
    assert ("attention" in outputs) == (model.config.pooling == "attention")


def test_attention_shows_the_weights_of_the_tokens():
    weights = np.asarray(make(pooling="attention").classify(SOURCE)["attention"])
    assert weights.shape == SOURCE.shape
    np.testing.assert_allclose(weights.sum(axis=1), 1, rtol=1e-6)
    np.testing.assert_array_equal(weights[SOURCE == 0], 0)


def test_a_loaded_model_gives_the_same_outputs(model, tmp_path):
    model.training.save(tmp_path / "model.keras")
    loaded = keras.models.load_model(tmp_path / "model.keras")
    np.testing.assert_array_equal(loaded(SOURCE), model.training(SOURCE))
    assert loaded.get_layer("encoder").config == model.config.encoder


@pytest.mark.parametrize("encoder", ENCODERS)
def test_a_classifier_can_take_the_encoder_of_an_encoder_decoder(encoder):
    sizes = {"units": SMALL["units"], "embedding": SMALL["embedding"], "encoder": ENCODERS[encoder]}
    teacher = build_seq2seq(Seq2SeqConfig(20, 20, **sizes)).training
    model = make(**sizes).training
    for name in ("source_embedding", "encoder"):
        model.get_layer(name).set_weights(teacher.get_layer(name).get_weights())
        for own, given in zip(model.get_layer(name).weights, teacher.get_layer(name).weights, strict=True):
            np.testing.assert_array_equal(own, given)


@pytest.mark.parametrize("pooling", POOLINGS)
@pytest.mark.parametrize("encoder", ENCODERS)
def test_a_classifier_learns_which_of_four_tokens_is_present(encoder, pooling):
    rng = np.random.default_rng(1)
    labels = rng.integers(0, CLASSES, 256)
    source = rng.integers(10, 20, (256, 6)).astype("int32")
    source[np.arange(256), rng.integers(0, 5, 256)] = 4 + labels
    source[:, 5] = 3
    model = make(encoder=ENCODERS[encoder], pooling=pooling, units=32, embedding=32).training
    model.compile(keras.optimizers.Adam(0.01), ClassificationLoss(), jit_compile=False)
    model.fit(source, labels, batch_size=64, epochs=30, verbose=0)
    assert (np.asarray(model(source)).argmax(-1) == labels).mean() > 0.97


def test_layers_of_mixed_precision_give_logits_of_float32():
    keras.utils.set_random_seed(1)
    model = build_classifier(ClassifierConfig(**SMALL, pooling="max"), dtype="mixed_bfloat16")
    assert model.training.output.dtype == "float32"
    assert np.isfinite(model.training(SOURCE)).all()


def test_settings_of_a_recipe_become_a_config():
    settings = ClassifierSettings(encoder=BagEncoderConfig(), units=8, pooling="max", dropout=0.5)
    config = settings.config(source_vocabulary=20, classes=3)
    assert (config.source_vocabulary, config.classes, config.pad_id) == (20, 3, 0)
    assert (config.encoder, config.units, config.pooling, config.dropout) == (BagEncoderConfig(), 8, "max", 0.5)


MISFITS = {
    "an unknown pooling": ({"pooling": "median"}, "pooling must be one of 'mean', 'sum', 'max', 'attention', got"),
    "no classes": ({"classes": 0}, "classes must be at least 1, got 0"),
    "a dropout for recurrence without recurrence": (
        {"encoder": BagEncoderConfig(), "variational_dropout": True},
        "variational_dropout must be false in a model without recurrent layers",
    ),
    "two directions with odd units": ({"units": 33}, "encoder.bidirectional must be false with an odd number"),
}


@pytest.mark.parametrize("name", MISFITS)
def test_incompatible_settings_are_refused(name):
    settings, message = MISFITS[name]
    with pytest.raises(ValueError, match=re.escape(message)) as caught:
        make(**settings)
    assert len(str(caught.value).splitlines()) == 1
