import unicodedata

import pytest

from seq2edge.device.processors.text import MAX_CHARACTERS
from seq2edge.pipeline.data.cleaning import Cleaner
from seq2edge.pipeline.data.readers import Pair
from seq2edge.pipeline.data.splitting import place_of, split_at, split_key
from seq2edge.pipeline.recipe_schema.data import Data, File

SETTINGS = Data(files=[File(path="a.tsv")], max_characters=20, max_length_ratio=3)


@pytest.mark.parametrize(
    ("pair", "reason"),
    [
        (Pair("", "b"), "empty"),
        (Pair("a", " \u200b"), "empty"),
        (Pair("a" * 21, "b" * 20), "too long"),
        (Pair("aaaa", "b" * 13), "length ratio"),
        (Pair("same", "same "), "identical sides"),
        (Pair("a\ufffd", "b"), "broken encoding"),
        (Pair("a", "\ud800"), "broken encoding"),
    ],
)
def test_unusable_pairs_are_dropped_and_counted(pair, reason):
    cleaner = Cleaner(SETTINGS)
    assert list(cleaner.clean([pair, Pair("good", "pair")])) == [Pair("good", "pair")]
    assert cleaner.dropped == {reason: 1}
    assert reason in cleaner.examples


def test_duplicates_are_found_after_normalisation():
    decomposed = unicodedata.normalize("NFD", "안녕")
    cleaner = Cleaner(SETTINGS)
    assert list(cleaner.clean([Pair("hi", "안녕"), Pair(" hi", decomposed)])) == [Pair("hi", "안녕")]
    assert cleaner.dropped == {"duplicate": 1}


def test_a_side_without_normalisation_is_not_changed():
    settings = SETTINGS.model_copy(update={"target_normalisation": "none"})
    code = "if\ta:\r\n e\u0301 "
    cleaner = Cleaner(settings)
    pairs = [
        Pair("  a  b ", code),
        Pair("a b", code),
        Pair("a b", f"{code} "),
        Pair("same", "same "),
        Pair("a", " \n\u200b"),
    ]
    assert list(cleaner.clean(pairs)) == [Pair("a b", code), Pair("a b", f"{code} "), Pair("same", "same ")]
    assert cleaner.dropped == {"duplicate": 1, "empty": 1}


def test_a_source_that_no_runner_accepts_is_too_long():
    cleaner = Cleaner(Data(files=[File(path="a.tsv")], max_characters=10**6, max_length_ratio=10**6))
    longest, target = Pair("a" * MAX_CHARACTERS, "summary"), Pair("title", "b" * (MAX_CHARACTERS + 1))
    assert list(cleaner.clean([longest, target, Pair("a" * (MAX_CHARACTERS + 1), "b")])) == [longest, target]
    assert cleaner.dropped == {"too long": 1}


@pytest.mark.parametrize("form", ["NFC", "NFKC"])
def test_the_mark_of_a_source_without_an_answer_is_kept(form):
    cleaner = Cleaner(SETTINGS.model_copy(update={"normalisation": form}))
    assert [pair.target for pair in cleaner.clean([Pair("a question ①", " ⁇")])] == ["⁇"]


def test_splits_are_reproducible_and_keep_near_copies_together():
    assert place_of("Hello, there!") == place_of("hello there")
    assert [split_at(place_of(str(i)), 0.2, 0.2) for i in range(8)] == SPLIT_OF_NUMBERS
    shares = [split_at(place_of(f"sentence {i}"), 0.1, 0.2) for i in range(5000)]
    assert shares.count("valid") / 5000 == pytest.approx(0.1, abs=0.02)
    assert shares.count("test") / 5000 == pytest.approx(0.2, abs=0.02)


SPLIT_OF_NUMBERS = ["train", "train", "test", "train", "train", "train", "test", "train"]


def test_a_text_of_only_punctuation_is_its_own_key():
    assert split_key("?!") == "?!"
