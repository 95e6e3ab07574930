import pytest

from seq2edge.device.conversation import Conversation
from seq2edge.device.runners.load import load_runner


def test_it_remembers_the_last_turn():
    chat = Conversation(load_runner())
    first = chat("tell me a joke")
    assert chat.previous == first.text
    second = chat("another one")
    assert second.text not in (first.text, load_runner().run("another one").text)


def test_what_the_guard_says_is_not_remembered():
    chat = Conversation(load_runner(), previous="A pun.")
    assert chat("I want to die").guard
    assert chat.previous == ""


def test_without_memory_each_message_stands_alone(bundles):
    chat = Conversation(load_runner(bundles / "none"), previous="anything")
    assert chat("the red stone is here").text == "stone red"


@pytest.mark.parametrize(("message", "language"), [("why?", "en"), ("왜?", "ko")])
def test_a_follow_up_depends_on_the_reply_before(message, language):
    bot = load_runner()
    first = bot.run({"en": "tell me a joke", "ko": "농담 하나 해 줘"}[language]).text
    assert Conversation(bot, first)(message).text != Conversation(bot)(message).text
