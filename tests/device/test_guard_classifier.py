import json

import pytest

from seq2edge.device.errors import UserError
from seq2edge.device.guard import Guard
from seq2edge.device.guard_classifier import Classifier, ngrams


def linear(bias, **weights):
    return {"bias": bias, "weights": [{"weight": weight, "ngrams": some} for some, weight in weights.values()]}


@pytest.fixture
def values():
    """A classifier that knows a few words."""
    return {
        "unit": "word",
        "longest": 2,
        "distress": linear(-1.0, sad=("so cold|lost|alone", 6.0), glad=("glad", -9.0)),
        "categories": {"water": linear(0.0, wet=("cold|so cold", 2.0)), "way": linear(0.5, lost=("lost", 3.0))},
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
        (" so so cold ", "word", ["so", "so", "cold", "so so", "so cold"]),
        ("강물", "character", ["강", "물", "강물"]),
        ("  ", "word", []),
    ],
)
def test_ngrams_of_a_text(text, unit, found):
    assert ngrams(text, unit, 2) == found


def test_a_logit_is_the_sum_of_weights_by_the_root_of_the_number_of_ngrams(values):
    logit = Classifier(values).distress(ngrams(" so cold ", "word", 2))
    assert logit == pytest.approx(-1 + 6 / 3**0.5)


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
        (
            lambda one: one["distress"]["weights"][0].update(weight="6"),
            r'weights\[0\]\.weight must be a number, got "6"',
        ),
        (lambda one: one["categories"].pop("way"), r"classifiers\.en must have the categories water, way, got water"),
    ],
)
def test_a_damaged_classifier_is_refused_in_one_line(values, tmp_path, change, message):
    change(values)
    (tmp_path / "guard.json").write_text(json.dumps(guard_values(values)), encoding="utf-8")
    with pytest.raises(UserError, match=message) as error:
        Guard.open(tmp_path / "guard.json")
    assert "\n" not in str(error.value)
