import json

import pytest

from seq2edge.device.errors import UserError
from seq2edge.device.guard import Guard
from seq2edge.device.guard_classifier import Classifier, hash_of, ngrams

SLOTS = 997


def linear(bias, weights):
    """A linear function with the given weight of each n-gram, in units of 0.5."""
    table = ["#Q"] * SLOTS
    for gram, weight in weights.items():
        check, slot = divmod(hash_of(gram), SLOTS)
        table[slot] = chr(35 + check % 92) + chr(81 + int(weight / 0.5))
    return {"bias": bias, "scale": 0.5, "table": "".join(table)}


@pytest.fixture
def values():
    """A classifier that knows a few words."""
    return {
        "unit": "word",
        "longest": 2,
        "distress": linear(-1.0, {"so cold": 6.0, "lost": 6.0, "alone": 6.0, "glad": -9.0}),
        "categories": {"water": linear(0.0, {"cold": 2.0, "so cold": 2.0}), "way": linear(0.5, {"lost": 3.0})},
        "bonus": 2.0,
        "threshold": 1.0,
    }


def guard_values(values):
    names = {"water": " river ", "way": " path "}
    categories = [
        {
            "name": name,
            "replies": {"en": f"Mind the {name}."},
            "patterns": {"en": [pattern]},
            "unless": {},
            "examples": [],
            "classified": True,
        }
        for name, pattern in names.items()
    ]
    return {"categories": categories, "classifiers": {"en": values}}


@pytest.mark.parametrize(
    ("text", "unit", "found"),
    [
        (" so so cold ", "word", ["so", "so so", "so", "so cold", "cold"]),
        ("강물", "character", ["강", "강물", "물"]),
        ("  ", "word", []),
    ],
)
def test_ngrams_of_a_text(text, unit, found):
    assert list(ngrams(text, unit, 2)) == found


def test_hashes_are_those_of_fnv_1a():
    assert [hash_of(text) for text in ("", "a", "foobar")] == [0x811C9DC5, 0xE40C292C, 0xBF9CF968]  # published values
    assert hash_of("강") == (0x811C9DC5 ^ 0xAC15) * 0x01000193 % 2**32  # of code points


def test_a_logit_is_the_sum_of_weights_by_the_root_of_the_number_of_ngrams(values):
    logit = Classifier(values).distress([hash_of(gram) for gram in ngrams(" so cold ", "word", 2)])
    assert logit == pytest.approx(-1 + 6 / 3**0.5)


def test_an_unknown_ngram_in_the_slot_of_a_known_one_has_no_weight(values):
    known = hash_of("lost")
    other = known + SLOTS  # the same slot, another first character
    assert Classifier(values).distress([known, other]) == pytest.approx(-1 + 6 / 2**0.5)


@pytest.mark.parametrize(
    ("text", "category"),
    [
        ("so cold", "water"),
        ("I am lost", "way"),
        ("lost but glad", None),
        ("the river", None),  # a pattern alone, 2 - 1, is not above the threshold
        ("lost at the river", "water"),  # the category of the pattern, not the most likely one
        ("", None),
    ],
)
def test_a_guard_combines_words_and_patterns(values, text, category):
    answer = Guard.of_values(guard_values(values)).check(text)
    assert (answer and answer.category) == category


def test_a_category_of_the_recipe_is_not_classified(values):
    some = guard_values(values)
    own = {**some["categories"][0], "name": "own", "replies": {"en": "Hello."}, "classified": False}
    some["categories"].insert(0, own)
    assert Guard.of_values(some).check("the glad river").category == "own"


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda one: one.pop("bonus"), r"classifiers\.en\.bonus is missing"),
        (lambda one: one.update(unit="byte"), r'classifiers\.en\.unit must be "word" or "character", got "byte"'),
        (lambda one: one["distress"].update(scale="6"), r'distress\.scale must be a number, got "6"'),
        (lambda one: one["distress"].update(table="#Q#"), "a table must have two ASCII characters for each slot"),
        (lambda one: one["distress"].update(table=""), "a table must have two ASCII characters for each slot"),
        (lambda one: one["distress"].update(table="#ß"), "a table must have two ASCII characters for each slot"),
        (
            lambda one: one["categories"].pop("way"),
            r"classifiers\.en must have the categories \['water', 'way'\], got \['water'\]",
        ),
    ],
)
def test_a_damaged_classifier_is_refused_in_one_line(values, tmp_path, change, message):
    change(values)
    (tmp_path / "guard.json").write_text(json.dumps(guard_values(values)), encoding="utf-8")
    with pytest.raises(UserError, match=message) as error:
        Guard.open(tmp_path / "guard.json")
    assert "\n" not in str(error.value)
