"""Results name the required phrases that their text lacks."""

import dataclasses

import pytest

from seq2edge.device.batching import Job
from seq2edge.device.joining import Decoded, Joiner
from seq2edge.device.manifests.seq2seq import Fallback
from seq2edge.device.runners.seq2seq import Seq2SeqRunner
from seq2edge.device.search.hypothesis import Hypothesis

MESSAGE = "what is your name"
REPLY = "My name is Pebble."


@pytest.fixture(scope="module")
def bot(shipped):
    return Seq2SeqRunner.from_bundle(shipped)


def missing(bot, *required, score=-0.1, reply=REPLY, slots=()):
    """The phrases that a result names, if the model replies with a score."""
    manifest = dataclasses.replace(bot.manifest, fallback=Fallback(-1.0, {"en": "Say it another way?"}))
    (segment,) = bot.processor.split(MESSAGE)
    hypothesis = Hypothesis(bot.tokenizer.encode(reply), score, score, (score,), None, True, slots)
    decoded = Decoded(Job(0, 0, segment, bot.processor(segment.source)), [hypothesis])
    return Joiner(bot.processor, bot.tokenizer, manifest).result(MESSAGE, [decoded], 1, required).missing


def test_a_phrase_of_the_text_is_not_missing(bot):
    assert missing(bot, "name", "is Pebble", ".", "  Pebble  ", " ") == ()


def test_a_part_of_a_word_and_another_case_are_missing(bot):
    assert missing(bot, "Peb", "pebble", "!") == ("Peb", "pebble", "!")


def test_a_fallback_line_lacks_what_only_the_reply_has(bot):
    assert missing(bot, "name", "another way", score=-9.0) == ("name",)


def test_a_phrase_is_named_once(bot):
    assert missing(bot, "cat", "cat", slots=(bot.tokenizer.encode("cat"),)) == ("cat",)
