"""A Transformer gives the same answers in CTranslate2 and in Keras."""

import importlib.util
from pathlib import Path

import keras
import numpy as np
import pytest

from seq2edge.device.special_ids import EOS
from seq2edge.models.config import Seq2SeqConfig
from seq2edge.models.decoders.config import TransformerDecoderConfig
from seq2edge.models.encoders.config import TransformerEncoderConfig
from seq2edge.models.seq2seq import build_seq2seq

ctranslate2 = pytest.importorskip("ctranslate2")


@pytest.fixture(scope="module")
def converter():
    path = Path(__file__).parents[2] / "benchmarks" / "ctranslate2_model.py"
    spec = importlib.util.spec_from_file_location("ctranslate2_model", path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_log_probabilities_equal_those_of_keras(converter, tmp_path):
    keras.utils.set_random_seed(1)
    config = Seq2SeqConfig(
        source_vocabulary=60,
        target_vocabulary=50,
        units=32,
        embedding=16,
        encoder=TransformerEncoderConfig(layers=2),
        decoder=TransformerDecoderConfig(layers=2),
    )
    model = build_seq2seq(config)
    for weight in model.training.weights:
        weight.assign(weight + 0.3 * keras.random.normal(weight.shape, seed=2))
    assert converter.is_transformer(config)
    converter.write_model(model, tmp_path / "model", quantization="float32")
    translator = ctranslate2.Translator(str(tmp_path / "model"))
    source, target = [7, 30, 12, 59, EOS], [5, 49, 20, EOS]
    scored = translator.score_batch([converter.tokens_of(source)], [converter.tokens_of(target[:-1])])[0]
    logits = model.training([np.array([source]), np.array([[2, *target[:-1]]])])[0]
    expected = np.take_along_axis(np.asarray(keras.ops.log_softmax(logits)), np.array([target]).T, axis=1).ravel()
    np.testing.assert_allclose(scored.log_probs, expected, atol=0.02)
