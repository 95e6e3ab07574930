import pytest

from seq2edge.pipeline.data.readers import Pair
from seq2edge.pipeline.evaluation.baseline import nearest_neighbour
from seq2edge.pipeline.evaluation.metrics import scores
from seq2edge.pipeline.evaluation.scoring import Example, by_script, examples, script

PAIRS = [Pair("hi", "hello"), Pair("hi", "hey"), Pair("안녕", "반가워요")]


def test_a_source_that_stands_twice_has_two_right_targets():
    assert examples(PAIRS, "chat") == [Example("hi", ("hello", "hey")), Example("안녕", ("반가워요",))]
    assert len(examples(PAIRS, "translation")) == 3


def test_exact_match_takes_any_reference_and_no_notice_of_spaces():
    found = scores(["hey ", "반가워요"], examples(PAIRS, "chat"))
    assert found["exact_match"] == 100
    assert scores(["no", "반가워요"], examples(PAIRS, "chat"))["exact_match"] == 50


def test_bleu_is_that_of_sacrebleu():
    import sacrebleu

    expected = [Example("", ("the cat sat on the mat",)), Example("", ("a dog runs in the park",))]
    hypotheses = ["the cat sat on a mat", "a dog runs in the park"]
    reference = sacrebleu.corpus_bleu(hypotheses, [[e.references[0] for e in expected]])
    assert scores(hypotheses, expected)["bleu"] == pytest.approx(reference.score, abs=0.01)


def test_examples_are_told_apart_by_script():
    assert by_script(examples(PAIRS, "chat")) == {"Hangul": [1], "Latin": [0]}
    assert by_script(examples(PAIRS[:2], "chat")) == {}


@pytest.mark.parametrize(
    ("text", "name"), [("안녕 hi 하세요", "Hangul"), ("abc", "Latin"), ("привет", "Cyrillic"), ("1", "none")]
)
def test_script(text, name):
    assert script(text) == name


def test_the_nearest_neighbour_answers_what_its_neighbour_was_answered():
    train = [Pair("tell me a joke", "ha"), Pair("good morning", "morning!")]
    assert nearest_neighbour(train, ["a joke please", "mornin"]) == ["ha", "morning!"]
