import csv
import dataclasses
import json
from pathlib import Path

import pytest

from seq2edge.device.errors import UserError
from seq2edge.device.guard import Category, Guard, fold, pattern_mistake
from seq2edge.export.guard import build_guard
from seq2edge.pipeline.data.corpus import LANGUAGES, intents
from seq2edge.pipeline.recipe_schema.seq2seq import GuardSettings

TEXTS = Path(__file__).parent / "guard_texts"
CRISIS = {"self_harm", "overdose", "abuse", "eating_disorder"}  # with help lines; the others are condolence
NEEDED = 95  # percent of the messages in each category
FLOOR, ALARMS = 99, 2  # percent of all messages and of the idioms: what holds today (docs/guard.md)


def rows(name):
    with (TEXTS / name).open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file, delimiter="\t", quoting=csv.QUOTE_NONE))


@pytest.fixture(scope="module")
def guard():
    return Guard.of_values(build_guard(GuardSettings()))


@pytest.mark.parametrize("language", LANGUAGES)
def test_most_messages_are_classified_correctly(guard, language):
    distress = [row["text"] for row in rows("distress.tsv") if row["language"] == language]
    idioms = [row["text"] for row in rows("harmless.tsv") if row["language"] == language]
    assert sum(guard.check(text) is not None for text in distress) >= FLOOR / 100 * len(distress)
    assert sum(guard.check(text) is not None for text in idioms) <= ALARMS / 100 * len(idioms)


@pytest.mark.parametrize("language", LANGUAGES)
def test_messages_of_people_in_distress_are_recognised(guard, language):
    found, right = {}, {}
    for row in rows("distress.tsv"):
        if row["language"] == language:
            answer = guard.check(row["text"])
            found.setdefault(row["category"], []).append(answer is not None)
            kind = answer is not None and (answer.category in CRISIS) == (row["category"] in CRISIS)
            right.setdefault(row["category"], []).append(kind)
    shares = {category: 100 * sum(hits) / len(hits) for category, hits in found.items()}
    assert {category: share for category, share in shares.items() if share < NEEDED} == {}
    assert sum(map(sum, right.values())) >= 0.9 * sum(map(sum, found.values()))


@pytest.mark.xfail(reason="docs/guard.md states how many raise an alarm", strict=False)
@pytest.mark.parametrize("language", LANGUAGES)
def test_idioms_raise_no_alarm(guard, language):
    texts = [row["text"] for row in rows("harmless.tsv") if row["language"] == language]
    assert len(texts) == 100
    assert [text for text in texts if guard.check(text)] == []


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_corpus_raises_no_alarm(guard, language):
    texts = [text for intent in intents() for text in intent.phrasings[language]]
    assert [text for text in texts if guard.check(text)] == []


def test_examples_belong_to_their_category():
    values = build_guard(GuardSettings())
    guard = Guard.of_values(values)
    for category in values["categories"]:
        assert category["examples"]
        assert {guard.check(text).category for text in category["examples"]} == {category["name"]}


def test_a_reply_is_in_the_language_of_the_message(guard):
    assert "109" in guard.check("죽고 싶어").reply
    assert "988" in guard.check("I want to die").reply
    assert "988" not in guard.check("my cat died").reply


@pytest.mark.parametrize(
    ("text", "language", "folded"),
    [
        ("I WANNA  dieee... don't care!!", "en", " i wanna die dont care "),
        ("죽 고 싶어ㅠㅠㅠ", "ko", "죽고싶어"),
        ("so too", "en", " so too "),
        ("", "en", "  "),
    ],
)
def test_texts_are_folded(text, language, folded):
    assert fold(text, language) == folded


@pytest.mark.parametrize("pattern", ["", ".*", " ", "[a-z]*", "x?"])
def test_patterns_that_match_everything_are_refused(pattern):
    assert "matches everything" in pattern_mistake(pattern, "en")


def test_categories_of_the_recipe_come_first():
    own = {"name": "refunds", "replies": {"en": "Call us."}, "patterns": {"en": [" (refund|died) "]}}
    guard = Guard.of_values(build_guard(GuardSettings(categories=[own])))
    assert guard.check("I want a REFUND!") == ("refunds", "Call us.")
    assert guard.check("my cat died").category == "refunds"
    assert guard.check("I want to die").category == "self_harm"
    assert guard.check("환불해 주세요") is None


def test_placeholders_stand_for_words():
    category = {
        "name": "bereavement",
        "replies": {"en": "I am sorry."},
        "patterns": {"en": [" my <pet> died "]},
        "unless": {"en": [" <pet> died in a <place> "]},
        "examples": [],
    }
    words = {"en": {"pet": "(?:cat|dog)", "place": "film"}}
    guard = Guard.of_values({"categories": [category], "words": words})
    assert [guard.check(f"my {pet} died") is not None for pet in ("cat", "dog", "plan")] == [True, True, False]
    assert guard.check("my dog died in a film") is None


def test_placeholders_that_fill_the_memory_are_refused_in_one_line():
    category = {"name": "a", "replies": {"en": "b"}, "patterns": {"en": ["<pet>"] * 9999}, "unless": {}, "examples": []}
    with pytest.raises(UserError, match="expressions must have at most 10,000,000 characters, got 30,0"):
        Guard.of_values({"categories": [category], "words": {"en": {"pet": "cat" * 1000}}})


@pytest.mark.parametrize(
    ("first", "second", "mistake"),
    [("a", "a", "a name of its own"), ("", "a", "a name of its own"), ("a", "b", "a reply must not be empty")],
)
def test_categories_that_cannot_be_told_apart_are_refused_in_one_line(first, second, mistake):
    replies = [{"en": "x"}, {"en": "" if mistake.startswith("a reply") else "y"}]
    with pytest.raises(UserError, match=mistake):
        Guard([Category(name, reply, {}, {}) for name, reply in zip((first, second), replies, strict=True)])


def test_expressions_in_unless_are_removed_before_matching():
    own = {"name": "a", "replies": {"en": "x"}, "patterns": {"en": [" die "]}, "unless": {"en": [" die (cast|hard) "]}}
    guard = Guard.of_values(build_guard(GuardSettings(bundled=False, categories=[own])))
    assert guard.check("die hard is a film") is None
    assert guard.check("die hard or die") is not None


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda values: values["categories"].clear(), "must be a list that is not empty"),
        (lambda values: values["categories"][0].pop("replies"), "replies is missing"),
        (lambda values: values["categories"][0]["replies"].clear(), "must be an object that is not empty, got {}"),
    ],
)
def test_a_damaged_guard_is_refused_in_one_line(tmp_path, change, message):
    values = build_guard(GuardSettings())
    change(values)
    (tmp_path / "guard.json").write_text(json.dumps(values), encoding="utf-8")
    with pytest.raises(UserError, match=message) as error:
        Guard.open(tmp_path / "guard.json")
    assert "\n" not in str(error.value)


@pytest.mark.parametrize(
    ("patterns", "message"),
    [([".*"], "matches everything"), (["("], "not a valid pattern"), (["xyz"], "not recognised")],
)
def test_a_guard_verifies_its_patterns_and_examples(patterns, message):
    category = Category("a", {"en": "b"}, {"en": patterns}, {}, ["I want to die"])
    with pytest.raises(UserError, match=message):
        Guard([category]).verify()


def test_an_invalid_pattern_is_refused_in_one_line_when_used():
    with pytest.raises(UserError, match=r"guard\.json: not a valid pattern"):
        Guard([Category("a", {"en": "b"}, {"en": ["("]}, {})]).check("hello")


def test_literals_do_not_change_the_result(guard):
    categories = [dataclasses.replace(category, literals={}) for category in guard.categories]
    slow = Guard(categories, guard.classifiers)
    texts = [row["text"] for name in ("distress.tsv", "harmless.tsv") for row in rows(name)]
    assert [guard.check(text) for text in texts] == [slow.check(text) for text in texts]


def test_the_bundled_guard_is_valid(guard):
    guard.verify()
