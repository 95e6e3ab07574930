import numpy as np
import pytest

from seq2edge.pipeline.evaluation.calibration import Calibration
from seq2edge.pipeline.evaluation.temperature import COLDEST, HOTTEST, fit_temperature


def softmax(logits):
    exponentials = np.exp(logits - logits.max(axis=1, keepdims=True))
    return exponentials / exponentials.sum(axis=1, keepdims=True)


def calibration_error(probabilities, labels):
    return Calibration.of(probabilities.max(axis=1), probabilities.argmax(axis=1) == labels).error


def answers(rows=20_000, classes=6):
    """Logits with calibrated probabilities: labels are drawn from them."""
    random = np.random.default_rng(1)
    logits = random.normal(scale=2, size=(rows, classes))
    labels = np.array([random.choice(classes, p=row) for row in softmax(logits)])
    return logits, labels


@pytest.mark.parametrize("factor", [0.4, 1.0, 3.0])
def test_the_temperature_undoes_a_factor_of_the_logits(factor):
    logits, labels = answers()
    temperature = fit_temperature((factor * logits).astype("float32"), labels)
    assert temperature == pytest.approx(factor, rel=0.03)


def test_probabilities_scaled_by_the_temperature_are_calibrated():
    logits, labels = answers()
    too_sure = 3.0 * logits
    before = calibration_error(softmax(too_sure), labels)
    after = calibration_error(softmax(too_sure / fit_temperature(too_sure, labels)), labels)
    assert before > 0.1
    assert after < 0.02


@pytest.mark.parametrize(("labels", "bound"), [([0, 1, 2], COLDEST), ([1, 2, 0], HOTTEST)])
def test_the_temperature_is_bounded_if_there_is_no_optimum(labels, bound):
    assert fit_temperature(np.eye(3), np.array(labels)) == pytest.approx(bound, rel=1e-3)
