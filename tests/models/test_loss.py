import numpy as np
import pytest

from seq2edge.models.loss import ClassificationLoss, SequenceLoss

LOGITS = np.random.default_rng(0).normal(size=(2, 3, 5)).astype("float32")
TARGETS = np.array([[4, 3, 0], [2, 0, 0]], "int32")


def cross_entropy(target, logits, label_smoothing):
    wanted = np.full(5, label_smoothing / 5)
    wanted[target] += 1 - label_smoothing
    return -(wanted * (logits - np.log(np.exp(logits).sum()))).sum()


def test_the_mean_is_over_real_tokens_with_smoothing():
    real = [(0, 0), (0, 1), (1, 0)]
    expected = np.mean([cross_entropy(TARGETS[place], LOGITS[place], 0.1) for place in real])
    np.testing.assert_allclose(SequenceLoss(0.1)(TARGETS, LOGITS), expected, rtol=1e-5)


def test_a_batch_of_padding_has_no_loss():
    assert float(SequenceLoss()(np.zeros((2, 3), "int32"), LOGITS)) == 0


@pytest.mark.parametrize("shape", [(3,), (3, 1)])
def test_the_mean_is_over_labelled_rows_with_smoothing(shape):
    labels = np.array([4, -1, 2]).reshape(shape)
    expected = np.mean([cross_entropy(label, LOGITS[0, row], 0.1) for row, label in ((0, 4), (2, 2))])
    np.testing.assert_allclose(ClassificationLoss(0.1)(labels, LOGITS[0]), expected, rtol=1e-5)


def test_rows_of_padding_have_no_loss():
    assert float(ClassificationLoss()(np.full(3, -1), LOGITS[0])) == 0


def test_padding_targets_do_not_count():
    assert np.array(SequenceLoss().counted(TARGETS)).tolist() == [[True, True, False], [True, False, False]]
    assert np.array(ClassificationLoss().counted(np.array([0, -1, 2]))).tolist() == [True, False, True]
