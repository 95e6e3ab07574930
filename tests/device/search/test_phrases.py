"""Required and banned phrases of the shipped chatbot, whose vocabulary has tokens of several words."""

import itertools
import re

import pytest

from seq2edge.device.errors import UserError
from seq2edge.device.runners.seq2seq import Seq2SeqRunner
from seq2edge.device.search.options import DecodingOptions
from seq2edge.device.search.phrases import NO_PHRASES, Phrases

MESSAGES = ["good morning", "what is your name", "tell me a joke", "잘 자"]


@pytest.fixture(scope="module")
def bot(shipped):
    return Seq2SeqRunner.from_bundle(shipped).model_only()


def texts(bot, message, **options):
    """The best texts of the model, even if the fallback line is shown instead."""
    return [text for text, _ in bot.run(message, **options).alternatives]


def stands_in(phrase, text):
    return re.search(rf"(?<!\w){re.escape(phrase)}(?!\w)" if phrase.isalnum() else re.escape(phrase), text) is not None


@pytest.mark.parametrize("message", MESSAGES)
@pytest.mark.parametrize("beam", [1, 5])
def test_no_answer_contains_a_banned_word_or_mark(bot, message, beam):
    (answer,) = texts(bot, message)
    for phrase in dict.fromkeys(re.findall(r"\w+|[.,!?]", answer)):
        for text in texts(bot, message, banned=[phrase], beam=beam, n_best=beam):
            assert not stands_in(phrase, text)


def test_no_answer_contains_banned_words_in_a_row(bot):
    (answer,) = texts(bot, "what is your name")
    words = answer.split()
    for first, second in itertools.pairwise(words):
        (text,) = texts(bot, "what is your name", banned=[f"{first} {second}"])
        assert f"{first} {second}" not in text


def test_no_sample_contains_a_banned_mark(bot):
    drawn = texts(bot, "good morning", banned=["!", "."], sample=True, beam=5, n_best=5, temperature=2.0)
    assert not [text for text in drawn if "!" in text or "." in text]


@pytest.mark.parametrize("message", MESSAGES)
def test_a_phrase_of_the_answer_is_not_added_again(bot, message):
    (answer,) = texts(bot, message, beam=5)
    for phrase in re.findall(r"\w+|[.,!?]", answer):
        assert texts(bot, message, required=[phrase], beam=5) == [answer]


@pytest.mark.parametrize("phrase", ["cat", "?", "river stone"])
def test_a_phrase_that_the_model_would_not_write_is_added(bot, phrase):
    (answer,) = texts(bot, "good morning", beam=5)
    (text,) = texts(bot, "good morning", beam=5, required=[phrase])
    assert not stands_in(phrase, answer)
    assert stands_in(phrase, text)


def test_a_required_mark_stands_directly_after_a_word(bot):
    (text,) = texts(bot, "good morning", beam=5, required=["?"])
    assert re.search(r"\w\?", text)


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"prefix": "My name is", "banned": ("name",)}, "prefix 'My name is' contains the banned phrase 'name'"),
        ({"required": ("Hello!",), "banned": ("!",)}, "required phrase 'Hello!' contains the banned phrase '!'"),
    ],
)
def test_a_phrase_that_contains_a_banned_one_is_refused(bot, options, said):
    with pytest.raises(UserError, match=said):
        Phrases.of(DecodingOptions(**options), bot.tokenizer)


def test_a_required_word_may_contain_a_banned_one_as_a_part(bot):
    assert Phrases.of(DecodingOptions(required=("names",), banned=("name",)), bot.tokenizer).required


def test_an_item_of_the_source_is_a_phrase_as_its_slot_and_as_its_digits(bot):
    options = DecodingOptions(banned=("80 kg",))
    phrases = Phrases.of(options, bot.tokenizer, mask=lambda text: text.replace("80", "⟦1⟧"))
    as_slot, as_digits = phrases.wording.banned.texts
    assert as_slot.endswith("▁kg")
    assert as_digits == "80▁kg"


def test_blank_phrases_are_no_phrases(bot):
    assert Phrases.of(DecodingOptions(required=(" ",), banned=("",)), bot.tokenizer) == NO_PHRASES


def test_phrases_without_text_are_found_as_ids():
    phrases = Phrases(required=((4, 5), (6,)))
    assert phrases.missing((7, 4, 5)) == ((6,),)
    assert phrases.tokens_met((6, 4)) == 2
    assert phrases.next_tokens((6, 4)) == {4, 5}
