import pytest

from seq2edge.pipeline.data.readers import Pair
from seq2edge.pipeline.evaluation.examples import Example, examples
from seq2edge.pipeline.evaluation.metrics.registry import basic_scores, task_scores


def test_the_nearest_of_several_references_counts():
    expected = [Example("", ("good morning to you", "hi there"))]
    found = task_scores("commands", ["hi there"], expected)
    assert (found["wer"], found["cer"], found["word_accuracy"], found["word_f1"], found["exact_match"]) == (
        0,
        0,
        100,
        100,
        100,
    )


def test_word_accuracy_compares_positions_and_f1_compares_words():
    found = task_scores("commands", ["copy all files"], [Example("", ("all files copy now",))])
    assert found["word_accuracy"] == 0
    assert found["word_f1"] == pytest.approx(100 * 2 * 3 / 7, abs=0.01)


def test_exact_match_accepts_any_reference_and_ignores_spaces():
    pairs = [Pair("hi", "hello"), Pair("hi", "hey"), Pair("안녕", "반가워요")]
    found = basic_scores("chat", ["hey ", "반가워요"], examples(pairs, "chat"))
    assert found["exact_match"] == 100
    assert basic_scores("chat", ["no", "반가워요"], examples(pairs, "chat"))["exact_match"] == 50


def test_identical_is_an_exact_match_in_which_white_space_counts():
    expected = [Example("", ("if a:\n\tb", "a and b"))] * 4
    found = task_scores("code", ["if a:\n\tb", "a and b", "if a:\n    b", "if a:\n\tb\n"], expected)
    assert (found["identical"], found["exact_match"]) == (50, 100)
