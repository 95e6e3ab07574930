import pytest

from seq2edge.pipeline.evaluation.examples import Example
from seq2edge.pipeline.evaluation.metrics.copied import copied, items
from seq2edge.pipeline.evaluation.metrics.registry import task_scores


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Room 12, at 12:30 for 1,000.50 euros.", ["12", "12:30", "1,000.50"]),
        ("3개 v2 4711호", ["3", "2", "4711"]),
        ("Hello {{ first name }}, {0} of {count}!", ["{{ first name }}", "{0}", "{count}"]),
        ("See /etc/hosts, docs/a-1.md. Or C:\\Users\\me\\", ["/etc/hosts", "docs/a-1.md", "C:\\Users\\me\\"]),
        ("https://example.com/a?b=1를 열어", ["https://example.com/a?b=1"]),
        ("nothing here { and there / is", []),
    ],
)
def test_numbers_paths_and_placeholders_are_found(text, expected):
    assert list(items(text).elements()) == expected


def test_items_shared_by_source_and_reference_must_be_in_the_output():
    expected = [Example("room 12 on 3 May", ("Zimmer 12 am 3. Mai",)), Example("no number", ("keine Zahl 5",))]
    assert copied(["Zimmer 12 am 4. Mai", ""], expected) == 50
    assert task_scores("translation", ["Zimmer 12 am 3. Mai", ""], expected)["copied"] == 100


def test_items_that_the_reference_changes_do_not_count():
    assert copied(["half past twelve of 7"], [Example("12:30 of 7", ("halb eins von 7",))]) == 100


def test_repeated_items_count_each_time():
    expected = [Example("{a} and {a}", ("{a} und {a}",))]
    assert copied(["{a} und {b}"], expected) == 50


def test_the_nearest_of_several_references_counts():
    expected = [Example("1 and 2", ("1 und 2", "1 und zwei", "eins und zwei"))]
    assert copied(["1 und zwei"], expected) == 100


def test_sources_without_items_score_100():
    assert copied(["a"], [Example("b", ("c",))]) == 100
