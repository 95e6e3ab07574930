import pytest

from seq2edge.pipeline.evaluation.examples import Example
from seq2edge.pipeline.evaluation.metrics.registry import basic_scores, task_scores

EXPECTED = [Example("", (label,)) for label in ("greet", "greet", "greet", "leave", "leave", "joke")]


def test_accuracy_is_the_share_of_correct_labels():
    found = task_scores("classification", ["greet", "greet", "leave", "leave", "greet", "greet"], EXPECTED)
    assert found["accuracy"] == pytest.approx(100 * 3 / 6)


def test_macro_f1_is_the_mean_over_the_labels_of_the_references():
    predicted = ["greet", "greet", "leave", "leave", "greet", "greet"]
    greet = 2 * 2 / (2 * 2 + 2 + 1)  # two right, two predicted wrongly, one missed
    leave = 2 * 1 / (2 * 1 + 1 + 1)
    joke = 0  # never predicted
    found = task_scores("classification", predicted, EXPECTED)
    assert found["macro_f1"] == pytest.approx(100 * (greet + leave + joke) / 3, abs=0.01)


def test_labels_without_references_are_not_in_the_mean():
    found = task_scores("classification", ["greet", "greet", "greet", "leave", "leave", "weather"], EXPECTED)
    assert found["macro_f1"] == pytest.approx(100 * (1 + 1 + 0) / 3, abs=0.01)


def test_training_and_export_compute_the_scores_of_labels():
    found = basic_scores("classification", ["greet"] * 6, EXPECTED)
    assert found == {"sentences": 6, "accuracy": 50, "macro_f1": 22.22, "signatures": []}
