from seq2edge.pipeline.data.readers import Pair
from seq2edge.pipeline.evaluation.examples import Example, examples

PAIRS = [Pair("hi", "hello"), Pair("hi", "hey"), Pair("안녕", "반가워요")]


def test_repeated_sources_have_several_references():
    assert examples(PAIRS, "chat") == [Example("hi", ("hello", "hey")), Example("안녕", ("반가워요",))]
    assert len(examples(PAIRS, "translation")) == 3


def test_a_source_without_an_answer_is_not_an_example():
    assert examples([*PAIRS, Pair("hi", "⁇"), Pair("what is the meaning of life", "⁇")], "chat") == examples(
        PAIRS, "chat"
    )
