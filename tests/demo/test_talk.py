import copy
import json

from seq2edge.demo.loading import Shelf
from seq2edge.demo.panels.chat_replies import Replies
from seq2edge.demo.talk import MOST_TURNS, MOST_WAITING, Talk, kept_of
from seq2edge.demo.typed import original, shown


def answered(*pairs):
    talk = Talk()
    talk.restore([f"turn {number}", *pair] for number, pair in enumerate(pairs, 1))
    return talk


def pairs(talk):
    return [[message, reply] for _, message, reply in talk.kept()]


def test_messages_are_answered_one_at_a_time_in_order():
    talk = Talk()
    assert talk.add("a")
    assert talk.begin()
    assert talk.add("b")
    assert not talk.begin()
    for message in ("a", "b"):
        turn = talk.waiting()
        assert turn.message == message
        talk.finish(turn, message.upper(), "")
    assert talk.waiting() is None
    assert pairs(talk) == [["a", "A"], ["b", "B"]]
    assert talk.begin()


def test_a_stopped_or_undone_turn_gets_no_reply():
    talk = Talk()
    talk.add("a")
    talk.begin()
    turn = talk.waiting()
    talk.grow(turn, "half")
    talk.stop("(stopped)")
    talk.finish(turn, "whole", "")
    assert pairs(talk) == [["a", "half"]]
    talk.add("b")
    other = talk.waiting()
    talk.take_back(2)
    talk.finish(other, "B", "")
    assert pairs(talk) == [["a", "half"]]


def test_a_retry_avoids_the_reply_and_drops_later_turns():
    talk = answered(["a", "A"], ["b", "B"])
    talk.again(1)
    (turn,) = talk.turns
    assert (turn.message, turn.refused, turn.is_done) == ("a", "A", False)


def test_a_turn_refers_to_the_previous_reply():
    talk = answered(["a", "A"])
    talk.add("b")
    assert talk.previous_of(talk.turns[1]) == "A"
    assert talk.previous_of(talk.turns[0]) == ""


def test_the_number_of_turns_is_limited():
    talk = answered(*[["a", "A"]] * (MOST_TURNS + 5))
    assert len(talk.turns) == MOST_TURNS
    assert all(talk.add("b") for _ in range(MOST_WAITING))
    assert not talk.add("b")
    assert len(talk.turns) == MOST_TURNS


def test_too_many_messages_are_put_back_into_the_field():
    sent = [f"message {number}" for number in range(MOST_WAITING + 2)]
    talk, replies = Talk(), Replies(Shelf(()))
    messages, status, refused = replies.add(json.dumps(sent), [], talk)
    assert [one["content"] for one in messages] == sent[:MOST_WAITING]
    assert refused.splitlines() == sent[MOST_WAITING:]
    assert "Too many messages are waiting" in status
    talk.stop("…")
    assert replies.add(json.dumps(["hello"]), [], talk)[1:] == ("", "")


def test_turns_kept_by_a_browser_are_restored_and_wrong_ones_ignored():
    talk = Talk()
    talk.restore([["1", "a", "A"], "x", [1, 2, 3], ["2", "b"]])
    assert talk.kept() == [["1", "a", "A"]]
    talk.restore([["2", "b", "B"]])
    assert pairs(talk) == [["a", "A"]]


def test_each_visitor_has_a_separate_conversation():
    assert copy.deepcopy(answered(["a", "A"])).kept() == []


def test_shown_texts_can_be_converted_back():
    text = "<b> && &lt; \u2060<"
    assert "<b" not in shown(text)
    assert original(shown(text)) == text
    messages = [
        {"role": "user", "content": [{"type": "text", "text": shown(text)}]},
        {"role": "assistant", "content": "A"},
    ]
    ((_, *pair),) = kept_of(messages)
    assert pair == [text, "A"]
