import pytest

from seq2edge.pipeline.evaluation.calibration import Calibration


def test_answers_are_sorted_into_ten_bins():
    found = Calibration.of([0.85, 0.9, 0.15, 1.0, 0.0], [True, False, False, True, False])
    assert found.counts.tolist() == [1, 1, 2, 1]  # an upper end belongs to its bin
    assert found.confidence == pytest.approx([0.0, 0.15, 0.875, 1.0])
    assert found.accuracy == pytest.approx([0, 0, 0.5, 1])


def test_each_bin_is_weighted_by_its_number_of_answers():
    found = Calibration.of([0.85, 0.9, 0.15, 1.0, 0.0], [True, False, False, True, False])
    assert found.error == pytest.approx((2 * 0.375 + 0.15) / 5)


def test_confidence_equal_to_accuracy_has_no_error():
    assert Calibration.of([0.75] * 4, [True, True, True, False]).error == pytest.approx(0)
