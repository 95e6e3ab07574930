import numpy as np
import pytest

from seq2edge.models.attention import LuongAttention

RNG = np.random.default_rng(0)
QUERY = RNG.normal(size=(2, 3, 4)).astype("float32")
MEMORY = RNG.normal(size=(2, 5, 4)).astype("float32")
MASK = np.array([[1, 1, 1, 1, 1], [1, 1, 0, 0, 0]], "int32")


def softmax(scores, mask):
    exponentials = np.exp(scores) * mask[:, None]
    return exponentials / exponentials.sum(-1, keepdims=True)


def expected_scores(layer):
    if layer.score == "dot":
        return np.einsum("btu,blu->btl", QUERY, MEMORY)
    if layer.score == "general":
        return np.einsum("btu,uv,blv->btl", QUERY, np.array(layer.kernel), MEMORY)
    pairs = np.einsum("btu,uv->btv", QUERY, np.array(layer.query_kernel))[:, :, None]
    pairs = pairs + np.einsum("blu,uv->blv", MEMORY, np.array(layer.memory_kernel))[:, None]
    return (np.tanh(pairs) @ np.array(layer.scale))[..., 0]


@pytest.mark.parametrize("score", ["dot", "general", "concat"])
def test_weights_and_context_are_those_of_the_paper(score):
    layer = LuongAttention(score)
    context, weights = layer(QUERY, MEMORY, MASK)
    expected = softmax(expected_scores(layer), MASK)
    np.testing.assert_allclose(weights, expected, atol=1e-6)
    np.testing.assert_allclose(context, expected @ MEMORY, atol=1e-5)


def test_padding_gets_no_weight_at_all():
    _, weights = LuongAttention("general")(QUERY, MEMORY, MASK)
    assert np.array(weights)[1, :, 2:].max() == 0
    np.testing.assert_allclose(np.array(weights).sum(-1), 1, atol=1e-6)


def test_one_memory_is_shared_by_all_queries():
    layer = LuongAttention("general")
    shared, _ = layer(QUERY, MEMORY[:1], MASK[:1])
    repeated, _ = layer(QUERY, np.repeat(MEMORY[:1], 2, axis=0), np.repeat(MASK[:1], 2, axis=0))
    np.testing.assert_allclose(shared, repeated, atol=1e-6)


def test_an_unknown_score_is_refused_by_name():
    with pytest.raises(ValueError, match=r"dot, general, concat. Received: score='cosine'"):
        LuongAttention("cosine")


def test_dot_needs_equal_units():
    with pytest.raises(ValueError, match="Received: 3 and 4"):
        LuongAttention("dot")(QUERY[..., :3], MEMORY, MASK)
