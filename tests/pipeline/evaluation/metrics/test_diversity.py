import pytest

from seq2edge.pipeline.evaluation.examples import Example
from seq2edge.pipeline.evaluation.metrics.registry import task_scores


def test_repeated_replies_and_distinct_words_are_counted():
    found = task_scores("chat", ["i see", "i see", "ok"], [Example("", ("x",))] * 3)
    assert found["repeated"] == pytest.approx(33.33)
    assert found["distinct_1"] == 60  # i, see, ok of five words
    assert found["distinct_2"] == 50
    assert found["length_ratio"] == pytest.approx(5 / 3, abs=0.01)
