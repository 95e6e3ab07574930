import numpy as np
import pytest
import tensorflow as tf

from seq2edge.models.layers.attention import ALIGNMENTS, SCORES, LuongAttention

RNG = np.random.default_rng(0)
QUERY = RNG.normal(size=(2, 3, 4))
MEMORY = RNG.normal(size=(2, 5, 4))
MASK = np.array([[1, 1, 1, 1, 1], [1, 1, 1, 0, 0]], "int32")
WINDOW = 1
UPSTREAM = RNG.normal(size=(2, 3, 4))  # a gradient of the context


def attention(score, alignment):
    window = None if alignment == "global" else WINDOW
    layer = LuongAttention(score, alignment, window, source_length=6 if score == "location" else None)
    layer.build(QUERY.shape, MEMORY.shape)
    for weight in layer.weights:
        weight.assign(np.random.default_rng(1).normal(size=weight.shape, scale=0.5))
    return layer


def of_the_paper(score, alignment, query, memory, weights):
    """Luong et al. 2015, sections 3.1 and 3.2, one query at a time."""
    contexts, alignments = np.zeros(QUERY.shape), np.zeros((2, 3, 5))
    for row in range(2):
        length = MASK[row].sum()
        for t in range(3):
            h_t, h_s = query[row, t], memory[row, :length]
            if score == "dot":
                scores = h_s @ h_t
            elif score == "scaled_dot":
                scores = h_s @ h_t / np.sqrt(4)
            elif score == "general":
                scores = h_s @ (h_t @ weights["kernel"])
            elif score == "location":
                scores = (h_t @ weights["kernel"])[:length]
            else:
                w_a = np.concatenate([weights["query_kernel"], weights["memory_kernel"]])
                scores = np.tanh([np.concatenate([h_t, h]) @ w_a for h in h_s]) @ weights["scale"][:, 0]
            s = np.arange(length)
            if alignment == "local-p":
                p_t = length / (
                    1 + np.exp(-np.tanh(h_t @ weights["position_kernel"]) @ weights["position_scale"][:, 0])
                )
            else:
                p_t = min(t, length - 1)
            seen = np.ones(length, bool) if alignment == "global" else np.abs(s - p_t) <= WINDOW
            a_t = np.where(seen, np.exp(scores), 0)
            a_t = a_t / a_t.sum()
            if alignment == "local-p":
                a_t = a_t * np.exp(-((s - p_t) ** 2) / (2 * (WINDOW / 2) ** 2))
            alignments[row, t, :length] = a_t
            contexts[row, t] = a_t @ h_s
    return contexts, alignments


def values_of(layer):
    return {weight.name: np.array(weight, "float64") for weight in layer.weights}


def slopes(function, values, step=1e-5):
    """The gradient of a function, by central differences."""
    result = np.zeros_like(values)
    for place in np.ndindex(values.shape):
        up, down = values.copy(), values.copy()
        up[place] += step
        down[place] -= step
        result[place] = (function(up) - function(down)) / (2 * step)
    return result


@pytest.mark.parametrize("alignment", ALIGNMENTS)
@pytest.mark.parametrize("score", SCORES)
def test_weights_and_context_are_those_of_the_paper(score, alignment):
    layer = attention(score, alignment)
    context, weights = layer(QUERY, MEMORY, MASK)
    expected_context, expected_weights = of_the_paper(score, alignment, QUERY, MEMORY, values_of(layer))
    np.testing.assert_allclose(weights, expected_weights, atol=1e-6)
    np.testing.assert_allclose(context, expected_context, atol=1e-5)


@pytest.mark.parametrize("alignment", ALIGNMENTS)
@pytest.mark.parametrize("score", SCORES)
def test_gradients_are_those_of_the_paper(score, alignment):
    layer = attention(score, alignment)
    query, memory = tf.Variable(QUERY, dtype="float32"), tf.Variable(MEMORY, dtype="float32")
    with tf.GradientTape() as tape:
        context, _ = layer(query, memory, MASK)
        loss = tf.reduce_sum(context * UPSTREAM)
    weights = values_of(layer)
    sources = {"query": query, "memory": memory} | {weight.name: weight.value for weight in layer.weights}
    found = tape.gradient(loss, sources, unconnected_gradients="zero")

    def loss_of_the_paper(**changed):
        parts = {"query": QUERY, "memory": MEMORY, **weights, **changed}
        context, _ = of_the_paper(score, alignment, parts.pop("query"), parts.pop("memory"), parts)
        return (context * UPSTREAM).sum()

    for name, value in ({"query": QUERY, "memory": MEMORY} | weights).items():
        expected = slopes(lambda changed, name=name: loss_of_the_paper(**{name: changed}), value)
        np.testing.assert_allclose(found[name], expected, atol=1e-4, err_msg=name)


@pytest.mark.parametrize("alignment", ALIGNMENTS)
def test_padding_has_no_weight(alignment):
    _, weights = attention("general", alignment)(QUERY, MEMORY, MASK)
    assert np.array(weights)[1, :, 3:].max() == 0
    if alignment != "local-p":
        np.testing.assert_allclose(np.array(weights).sum(-1), 1, atol=1e-6)


def test_one_memory_is_shared_by_all_queries():
    layer = attention("concat", "local-p")
    shared, _ = layer(QUERY, MEMORY[:1], MASK[:1])
    repeated, _ = layer(QUERY, np.repeat(MEMORY[:1], 2, axis=0), np.repeat(MASK[:1], 2, axis=0))
    np.testing.assert_allclose(shared, repeated, atol=1e-6)


def test_a_single_step_uses_its_position():
    layer = attention("dot", "local-m")
    _, whole = layer(QUERY, MEMORY, MASK)
    _, step = layer(QUERY[:, 2:], MEMORY, MASK, np.array([[2], [2]]))
    np.testing.assert_allclose(np.array(whole)[:, 2:], step, atol=1e-6)


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"score": "cosine"}, "dot, general, concat, location, scaled_dot. Received: score='cosine'"),
        ({"alignment": "soft"}, "global, local-m, local-p. Received: alignment='soft'"),
        ({"alignment": "local-m"}, "Received: window=None"),
        ({"score": "location"}, "Received: source_length=None"),
    ],
)
def test_wrong_settings_are_refused(settings, message):
    with pytest.raises(ValueError, match=message):
        LuongAttention(**settings)


def test_dot_requires_equal_units():
    with pytest.raises(ValueError, match="Received: 3 and 4"):
        LuongAttention("dot")(QUERY[..., :3], MEMORY, MASK)


def test_location_refuses_a_source_beyond_its_scores():
    with pytest.raises(ValueError, match=r"scores for 4 source positions\. Received: 5"):
        LuongAttention("location", source_length=4)(QUERY, MEMORY, MASK)
