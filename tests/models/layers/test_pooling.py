import numpy as np
import pytest

from seq2edge.models.layers.pooling import AttentionPooling, Pooling

MEMORY = np.random.default_rng(1).normal(size=(3, 4, 5)).astype("float32") - 3.0  # a maximum below the zeros of padding
MASK = np.array([[1, 1, 1, 1], [1, 1, 0, 0], [0, 0, 0, 0]], "int32")
MEMORY *= MASK[:, :, None]


def test_the_mean_is_over_real_positions():
    pooled = Pooling("mean")(MEMORY, MASK)
    np.testing.assert_allclose(pooled[0], MEMORY[0].mean(axis=0), rtol=1e-5)
    np.testing.assert_allclose(pooled[1], MEMORY[1, :2].mean(axis=0), rtol=1e-5)


def test_the_sum_is_divided_by_the_root_of_the_length():
    memory = np.array([[[1.0, 2.0], [3.0, 4.0], [9.0, 9.0]]], "float32")
    pooled = Pooling("sum")(memory, np.array([[1, 1, 0]], "int32"))
    np.testing.assert_allclose(pooled, [[4 / 2**0.5, 6 / 2**0.5]], rtol=1e-6)


def test_the_maximum_is_over_real_positions():
    pooled = Pooling("max")(MEMORY, MASK)
    np.testing.assert_array_equal(pooled[0], MEMORY[0].max(axis=0))
    np.testing.assert_array_equal(pooled[1], MEMORY[1, :2].max(axis=0))


def test_attention_pooling_follows_the_paper():
    layer = AttentionPooling()
    pooled, weights = layer(MEMORY, MASK)
    hidden = np.tanh(MEMORY[1, :2] @ np.asarray(layer.hidden.kernel) + np.asarray(layer.hidden.bias))
    scores = np.exp(hidden @ np.asarray(layer.query)[:, 0])
    np.testing.assert_allclose(weights[1], [*(scores / scores.sum()), 0, 0], rtol=1e-5)
    np.testing.assert_allclose(pooled[1], scores @ MEMORY[1, :2] / scores.sum(), rtol=1e-5)


def test_a_row_of_padding_gives_zeros():
    for pooled in (Pooling("mean")(MEMORY, MASK), Pooling("max")(MEMORY, MASK), AttentionPooling()(MEMORY, MASK)[0]):
        np.testing.assert_array_equal(pooled[2], 0)


def test_an_unknown_kind_is_refused():
    with pytest.raises(ValueError, match="Received: kind='median'"):
        Pooling("median")
