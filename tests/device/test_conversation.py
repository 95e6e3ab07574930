import pytest

from seq2edge.device.conversation import Conversation
from seq2edge.device.runners.load import load_runner, runner_of


def test_a_conversation_remembers_the_last_turn():
    chat = Conversation(load_runner())
    first = chat("tell me a joke")
    assert chat.previous == first.text
    second = chat("another one")
    assert second.text not in (first.text, load_runner().run("another one").text)


def test_replies_of_the_guard_are_not_remembered():
    chat = Conversation(load_runner(), previous="A pun.")
    assert chat("I want to die").guard
    assert chat.previous == ""


def test_messages_are_independent_without_memory(bundles):
    chat = Conversation(load_runner(bundles / "none"), previous="anything")
    assert chat("the red stone is here").text == "stone red"


@pytest.mark.parametrize(("message", "language"), [("why?", "en"), ("왜?", "ko")])
def test_a_follow_up_depends_on_the_previous_reply(message, language):
    bot = load_runner()
    first = bot.run({"en": "tell me a joke", "ko": "농담 하나 해 줘"}[language]).text
    assert Conversation(bot, first)(message).text != Conversation(bot)(message).text


@pytest.mark.parametrize(
    "message",
    [
        "hello there. what is your name? tell me a joke please. i wanna die.",
        "hi\nhow are you\ntell me a joke\ni wanna die",
        "오늘 날씨 어때? 밥 먹었어? 노래 불러 줘. 죽고 싶어. 그래.",
    ],
)
def test_the_guard_reads_each_sentence_of_a_message(shipped, message):
    assert runner_of(shipped).run(message).guard == "self_harm"
