import numpy as np
import pytest

from seq2edge.device.bundle import read_bundle
from seq2edge.device.search.decoding import forced_steps
from seq2edge.device.special_ids import EOS
from seq2edge.device.tflite_seq2seq import CACHE_BLOCK, TFLiteModel

SOURCE = {"source_ids": np.array([5, 6, 7, EOS], np.int32)}
TARGET = [*range(4, 4 + CACHE_BLOCK + 2), EOS]


@pytest.fixture
def model(transformer_bundle):
    return TFLiteModel(read_bundle(transformer_bundle))


def test_caches_grow_with_the_target(model):
    steps = [[state.shape[1] for state in step.states] for step in forced_steps(model, [SOURCE], [TARGET])]
    assert steps == [[1, CACHE_BLOCK]] * CACHE_BLOCK + [[1, 2 * CACHE_BLOCK]] * 3


def test_short_caches_give_the_logits_of_long_ones(model):
    short = [step.logits for step in forced_steps(model, [SOURCE], [TARGET])]
    model.caches = [False] * len(model.caches)  # as other runners do, which pass what the encoder returns
    long = [step.logits for step in forced_steps(model, [SOURCE], [TARGET])]
    np.testing.assert_allclose(short, long, atol=1e-5)
