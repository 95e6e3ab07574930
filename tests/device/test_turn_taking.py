import time

import pytest

from seq2edge.device.errors import UserError
from seq2edge.device.processors.text import MAX_CHARACTERS
from seq2edge.device.result import Result
from seq2edge.device.turn_taking import TurnTaking, questions, read_turns, statements
from seq2edge.device.turns import with_previous

REPLIES = {
    "joke": ("A pun.", -0.1),
    "why": ("Why what?", -0.1),
    "again": ("Nothing said.", -0.1),
    "hello": ("Hello!", -0.2),
    "what is your name": ("Pebble.", -0.1),
    "what is your name?": ("Pebble.", -0.1),
    "how old are you": ("One.", -0.3),
}


def result(text, score, fallback=False, guard=None):
    return Result(text, score, 0.9, fallback, ((text, score),), (), None, (), 0.0, guard, text)


def run_each(sources):
    for index, source in reversed(list(enumerate(sources))):  # in any order
        yield index, result(*REPLIES.get(source, ("Pardon?", -2.0)), fallback=source not in REPLIES)


FOLLOW_UPS = [
    {"replies": ["Why what?"], "answers": {"A pun.": "Puns are cheap."}},
    {"replies": ["Nothing said."], "answers": None},
]
CHAT = TurnTaking(run_each, FOLLOW_UPS)


def said(*sources):
    return [found.text for found in CHAT.answers(sources)]


def test_a_follow_up_gets_the_answer_for_the_previous_reply():
    assert said(with_previous("why", "A pun."), "why") == ["Puns are cheap.", "Why what?"]
    assert said(with_previous("again", "A pun."), "again") == ["A pun.", "Nothing said."]
    assert said(with_previous("why", "Something else.")) == ["Why what?"]


def test_a_follow_up_can_refer_to_a_follow_up():
    (found,) = CHAT.answers([with_previous("why", "A pun.")])
    assert (found.previous, found.fallback) == ("Puns are cheap.", False)


def test_other_messages_do_not_depend_on_the_previous_reply():
    assert said(with_previous("joke", "Hello!")) == ["A pun."]


def test_each_of_two_questions_is_answered():
    (found,) = CHAT.answers(["what is your name and how old are you"])
    assert (found.text, found.score, found.previous) == ("Pebble. One.", -0.3, "One.")
    assert found.alternatives == (("Pebble. One.", -0.3),)


def test_a_message_with_an_unknown_part_is_answered_as_a_whole():
    assert said("what is your name? so and so.") == ["Pardon?"] == said("nothing of it")


def test_answers_of_the_guard_are_not_replaced():
    guarded = result("Why what?", 0.0, guard="grief")
    chat = TurnTaking(lambda sources: ((index, guarded) for index in range(len(sources))), FOLLOW_UPS)
    assert [found.guard for found in chat.answers([with_previous("why", "A pun."), "a? b?"])] == ["grief", "grief"]


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("{", "not a file of follow-ups"),
        ('{"follow_ups": []}', "not empty"),
        ('{"follow_ups": [{"replies": ["a"]}]}', "answers is missing"),
    ],
)
def test_damaged_follow_ups_are_refused_in_one_line(tmp_path, content, message):
    (tmp_path / "turns.json").write_text(content)
    with pytest.raises(UserError, match=message):
        read_turns(tmp_path / "turns.json")


@pytest.mark.parametrize(
    ("message", "parts"),
    [
        ("hello! how are you?", ["hello!", "how are you?"]),
        ("what is your name and how old are you", ["what is your name", "how old are you"]),
        ("이름이 뭐야? 그리고 몇 살이야?", ["이름이 뭐야?", "몇 살이야?"]),
        ("bread and butter", []),
        ("hello", []),
        ("well... ?!", []),
        ("hello\nhow are you", ["hello", "how are you"]),
        ("what is this    and  what is that", ["what is this", "what is that"]),
        ("a. b. c. d.", []),
        ("", []),
    ],
)
def test_a_message_is_divided_into_questions(message, parts):
    assert questions(message) == parts


@pytest.mark.parametrize("message", [f"a{' ' * 10**6}b", "etc. " * 10**6, "so and " * 10**6, " 그리고" * 10**6])
def test_the_time_to_divide_a_message_is_bounded(message):
    started = time.process_time()
    assert len(statements(message)) <= MAX_CHARACTERS
    assert time.process_time() - started < 2
