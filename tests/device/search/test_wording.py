"""Phrases are found in the text of a target, however it is divided into tokens."""

import numpy as np
import pytest

from seq2edge.device.search.constraints import SuppressTexts
from seq2edge.device.search.wording import BannedTexts, Spelling, has_phrase

SPECIAL = ["<pad>", "<unk>", "<s>", "</s>"]
BYTES = ["<0x30>", "<0xC3>", "<0xA9>"]
WORDS = ["▁", "▁My▁name▁is", "▁name", "▁na", "me", "me.", "s", "▁stone", "▁is", "▁Pebble", "!", "▁8", "猫", "は"]
SPELLING = Spelling([*SPECIAL, *BYTES, *WORDS])


def ids(*tokens):
    return tuple([*SPECIAL, *BYTES, *WORDS].index(token) for token in tokens)


def forbidden(target, *phrases):
    """The tokens that must not follow a target, if some phrases are banned."""
    log_probs = np.zeros(len(SPELLING.tokens))
    SuppressTexts(BannedTexts(SPELLING, phrases)).apply(ids(*target), log_probs)
    return {SPELLING.tokens[token] for token in np.flatnonzero(log_probs < 0)}


@pytest.mark.parametrize(
    ("text", "phrase", "is_found"),
    [
        ("My name is Pebble", "name", True),
        ("My names are many", "name", False),
        ("My surname", "name", False),
        ("my_name", "name", False),
        ("(name)", "name", True),
        ("Name", "name", False),
        ("Hello!", "!", True),
        ("a name. is it", "name is", False),
        ("これは猫です", "猫", True),
        ("학교에", "학교", False),
        ("हिंदी", "ह", False),  # a vowel sign belongs to its letter
        ("", "name", False),
    ],
)
def test_a_phrase_is_found_at_word_boundaries(text, phrase, is_found):
    assert has_phrase(text, phrase) == is_found


def test_a_token_of_several_words_contains_a_banned_word():
    assert forbidden([], "name") == {"▁My▁name▁is", "▁name"}


def test_a_banned_mark_may_not_follow_a_word_directly():
    assert forbidden(["▁name"], "!") == {"!"}
    assert forbidden(["▁name"], ".") == {"me."}


def test_a_banned_word_may_not_be_completed():
    assert forbidden(["▁na"], "name") == {"▁My▁name▁is", "▁name", "me", "me."}
    assert forbidden(["s", "me"], "me") == set()  # within a word
    assert forbidden(["▁"], "me") == {"me", "me."}


def test_a_banned_phrase_may_not_span_tokens():
    assert forbidden(["▁My▁name▁is"], "is▁Pebble") == {"▁Pebble"}
    assert forbidden(["▁My▁name▁is"], "name▁is▁Pebble") == {"▁Pebble"}
    assert forbidden(["▁stone"], "is▁Pebble") == set()


def test_words_of_scripts_without_spaces_are_banned_everywhere():
    assert forbidden(["は"], "猫") == {"猫"}


def test_bytes_are_characters_and_special_tokens_have_none():
    assert SPELLING.text(ids("▁8", "<0x30>")) == "▁80"
    assert forbidden(["▁8"], "80") == {"0"}
    assert forbidden([], "<") == forbidden([], "pad") == set()
    assert forbidden(["<0xC3>"], SPELLING.text(ids("<0xC3>", "<0xA9>"))) == {SPELLING.text(ids("<0xA9>"))}


def test_the_search_may_write_a_mark_after_a_word():
    assert SPELLING.without_space(ids("▁", "!")) == ids("!")
    assert SPELLING.without_space(ids("▁stone", "s")) == ids("▁stone", "s")  # there is no token "stone"
