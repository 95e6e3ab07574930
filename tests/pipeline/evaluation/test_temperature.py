import numpy as np
import pytest

from seq2edge.pipeline.evaluation.calibration import COLDEST, HOTTEST, expected_calibration_error, fit_temperature


def softmax(logits):
    exponentials = np.exp(logits - logits.max(axis=1, keepdims=True))
    return exponentials / exponentials.sum(axis=1, keepdims=True)


def answers(rows=20_000, classes=6):
    """Logits whose probabilities are right: labels are drawn from them."""
    random = np.random.default_rng(1)
    logits = random.normal(scale=2, size=(rows, classes))
    labels = np.array([random.choice(classes, p=row) for row in softmax(logits)])
    return logits, labels


@pytest.mark.parametrize("factor", [0.4, 1.0, 3.0])
def test_the_temperature_undoes_a_factor_of_the_logits(factor):
    logits, labels = answers()
    temperature = fit_temperature((factor * logits).astype("float32"), labels)
    assert temperature == pytest.approx(factor, rel=0.03)


def test_scaled_by_the_temperature_probabilities_are_calibrated():
    logits, labels = answers()
    too_sure = 3.0 * logits
    before = expected_calibration_error(softmax(too_sure), labels)
    after = expected_calibration_error(softmax(too_sure / fit_temperature(too_sure, labels)), labels)
    assert before > 0.1
    assert after < 0.02


@pytest.mark.parametrize(("labels", "bound"), [([0, 1, 2], COLDEST), ([1, 2, 0], HOTTEST)])
def test_the_temperature_is_bounded_where_no_best_one_exists(labels, bound):
    assert fit_temperature(np.eye(3), np.array(labels)) == pytest.approx(bound, rel=1e-3)


def test_the_error_is_the_gap_of_each_bin_weighted_by_its_answers():
    sure, unsure = [0.9, 0.1], [0.6, 0.4]
    probabilities = np.array([sure, sure, sure, unsure])
    labels = np.array([0, 0, 1, 0])  # bin of 0.9: two of three right; bin of 0.6: all
    expected = 3 / 4 * (0.9 - 2 / 3) + 1 / 4 * (1 - 0.6)
    assert expected_calibration_error(probabilities, labels) == pytest.approx(expected)


def test_answers_that_are_certain_and_right_have_no_error():
    assert expected_calibration_error(np.eye(3), np.arange(3)) == 0
