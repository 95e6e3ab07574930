from seq2edge.pipeline.data.readers import Pair
from seq2edge.pipeline.evaluation.examples import examples
from seq2edge.pipeline.evaluation.groups import by_domain, by_length, by_script

PAIRS = [Pair("hi", "hello"), Pair("hi", "hey"), Pair("안녕", "반가워요")]


def test_examples_are_grouped_by_script():
    assert by_script(examples(PAIRS, "chat")) == {"Hangul": [1], "Latin": [0]}
    assert by_script(examples(PAIRS[:2], "chat")) == {}


def test_sources_of_equal_length_are_not_grouped():
    assert by_length([3, 3, 3]) == {}


def test_a_group_of_a_single_length_is_named_after_it():
    assert list(by_length([1, 2, 3, 3, 3, 4, 5, 6])) == ["1–2", "3", "4", "5–6"]


def test_domains_are_groups_unless_there_is_only_one():
    pairs = [Pair("hi", "hey"), Pair("man ls", "ls", origin=1), Pair("hi", "hello", origin=2)]
    domains = ["talk", "manual", None]
    assert by_domain(examples(pairs, "translation", domains)) == {"talk": [0], "manual": [1]}
    assert by_domain(examples(pairs[:1], "translation", domains)) == {}
    assert by_domain(examples(pairs, "chat", ["talk", None, "slang"])) == {"talk": [0], "slang": [0]}
