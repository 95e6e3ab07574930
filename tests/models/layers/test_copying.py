import keras
import numpy as np

from seq2edge.device.special_ids import EOS, PAD
from seq2edge.models.layers.copying import LAST_SPECIAL, NOTHING, CopyIds, PointerGenerator, sum_by_token

LOGITS = np.array([[[0.0, 0, 0, 0, 1, 2, 0, 0]]], "float32")
VECTORS = np.zeros((1, 1, 2), "float32")  # so that the gate is its bias


def mixture(copy_ids, attention, p_gen):
    layer = PointerGenerator()
    layer.build(LOGITS.shape, VECTORS.shape, (1, 1, len(attention)), (1, len(attention)))
    layer.gate.bias.assign([np.log(p_gen / (1 - p_gen))])
    outputs = layer(LOGITS, VECTORS, np.array([[attention]], "float32"), np.array([copy_ids], "int32"))
    return np.exp(outputs["logits"])[0, 0], {name: np.array(value)[0, 0] for name, value in outputs.items()}


def test_probabilities_of_equal_source_tokens_add_up():
    probabilities, _ = mixture([4, 7, 4], [0.5, 0.2, 0.3], p_gen=0.25)
    vocabulary = np.exp(LOGITS[0, 0]) / np.exp(LOGITS).sum()
    copied = np.array([0, 0, 0, 0, 0.8, 0, 0, 0.2])
    np.testing.assert_allclose(probabilities, 0.25 * vocabulary + 0.75 * copied, atol=1e-6)  # equation 9


def test_attention_to_tokens_that_cannot_be_copied_counts_as_generation():
    probabilities, outputs = mixture([4, NOTHING], [0.5, 0.5], p_gen=0.2)
    np.testing.assert_allclose(outputs["generated"], [0.2 + 0.8 * 0.5], atol=1e-6)
    np.testing.assert_allclose(outputs["copied"], [0.8 * 0.5, 0], atol=1e-6)
    np.testing.assert_allclose(probabilities.sum(), 1, atol=1e-6)


def test_a_source_with_nothing_to_copy_gives_the_generated_probabilities():
    probabilities, _ = mixture([NOTHING, NOTHING], [0.5, 0.5], p_gen=0.01)
    np.testing.assert_allclose(probabilities, np.exp(LOGITS[0, 0]) / np.exp(LOGITS).sum(), atol=1e-6)


def test_special_ids_are_not_copied():
    assert (NOTHING, LAST_SPECIAL) == (PAD, EOS)
    source = np.array([[5, 1, 2, 6, 3, 0]], "int32")
    assert np.array(CopyIds()(source)).tolist() == [[5, 0, 0, 6, 0, 0]]
    assert np.array(CopyIds([0, 9, 9, 9, 9, 8, 0])(source)).tolist() == [[8, 9, 9, 0, 9, 0]]


def test_the_rows_of_a_step_share_one_source():
    copied = np.array([[[0.1, 0.2]], [[0.3, 0.4]]], "float32")
    found = np.array(sum_by_token(copied, np.array([[2, 1]], "int32"), 3))
    np.testing.assert_allclose(found[:, 0], [[0, 0.2, 0.1], [0, 0.4, 0.3]])


def test_layers_can_be_rebuilt_from_their_configs():
    for layer in (CopyIds([0, 1, 2]), CopyIds(), PointerGenerator()):
        config = keras.saving.serialize_keras_object(layer)
        assert keras.saving.deserialize_keras_object(config).get_config() == layer.get_config()
