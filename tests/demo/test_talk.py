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


def test_messages_are_answered_in_order_by_one_at_a_time():
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


def test_a_turn_that_is_taken_back_or_stopped_takes_no_reply():
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


def test_a_retry_avoids_the_reply_and_forgets_what_came_after():
    talk = answered(["a", "A"], ["b", "B"])
    talk.again(1)
    (turn,) = talk.turns
    assert (turn.message, turn.refused, turn.is_done) == ("a", "A", False)


def test_it_refers_to_the_turn_before():
    talk = answered(["a", "A"])
    talk.add("b")
    assert talk.previous_of(talk.turns[1]) == "A"
    assert talk.previous_of(talk.turns[0]) == ""


def test_it_does_not_grow_without_limit():
    talk = answered(*[["a", "A"]] * (MOST_TURNS + 5))
    assert len(talk.turns) == MOST_TURNS
    assert all(talk.add("b") for _ in range(MOST_WAITING))
    assert not talk.add("b")
    assert len(talk.turns) == MOST_TURNS


def test_messages_that_are_too_many_go_back_to_the_field():
    sent = [f"message {number}" for number in range(MOST_WAITING + 2)]
    talk, replies = Talk(), Replies(Shelf(()))
    messages, status, refused = replies.add(json.dumps(sent), [], talk)
    assert [one["content"] for one in messages] == sent[:MOST_WAITING]
    assert refused.splitlines() == sent[MOST_WAITING:]
    assert "Too many messages are waiting" in status
    talk.stop("…")
    assert replies.add(json.dumps(["hello"]), [], talk)[1:] == ("", "")


def test_what_a_browser_kept_is_taken_up_whatever_it_is():
    talk = Talk()
    talk.restore([["1", "a", "A"], "x", [1, 2, 3], ["2", "b"]])
    assert talk.kept() == [["1", "a", "A"]]
    talk.restore([["2", "b", "B"]])
    assert pairs(talk) == [["a", "A"]]


def test_each_visitor_has_a_conversation_of_their_own():
    assert copy.deepcopy(answered(["a", "A"])).kept() == []


def test_texts_come_back_as_they_were_typed():
    text = "<b> && &lt; \u2060<"
    assert "<b" not in shown(text)
    assert original(shown(text)) == text
    messages = [
        {"role": "user", "content": [{"type": "text", "text": shown(text)}]},
        {"role": "assistant", "content": "A"},
    ]
    ((_, *pair),) = kept_of(messages)
    assert pair == [text, "A"]
