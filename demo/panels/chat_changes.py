"""What a visitor does to a conversation beside sending: stop, retry, edit, take back, clear, keep, rate."""

import json
from dataclasses import dataclass
from typing import Any

import gradio as gr

from seq2edge.demo.components.link import View
from seq2edge.demo.feedback import FeedbackFile, FullError
from seq2edge.demo.loading import Shelf
from seq2edge.demo.talk import Talk
from seq2edge.demo.typed import original
from seq2edge.demo.words import asked_language, both, say

NO_STATUS = ""


def pick(talk: Talk, event: gr.SelectData) -> list[dict[str, str]]:
    """Send an example."""
    talk.add(event.value["text"])
    return talk.messages()


def stop(talk: Talk, request: gr.Request) -> list[dict[str, str]]:
    """End the reply that grows, and answer nothing that waits."""
    talk.stop(say("stopped", asked_language(request)))
    return talk.messages()


def retry(talk: Talk, event: gr.RetryData) -> list[dict[str, str]]:
    """Make a message wait for another reply."""
    talk.again(_index(event))
    return talk.messages()


def edit(talk: Talk, event: gr.EditData) -> list[dict[str, str]]:
    """Put another message in the place of one, and forget what came after."""
    index = _index(event)
    if (text := original(str(event.value))).strip() and talk.turn_at(index):
        talk.take_back(index)
        talk.add(text)
    return talk.messages()


def undo(talk: Talk, keep: bool, field: str, event: gr.UndoData) -> tuple[list[dict[str, str]], str, str]:
    """Take back a message and what came after; its text goes back to the field, unless another is there."""
    turn = talk.take_back(_index(event))
    return talk.messages(), field if field.strip() or turn is None else turn.message, saved(talk, keep)


def clear(talk: Talk, keep: bool) -> tuple[list[Any], str, str, None]:
    """Forget the conversation; the page has the browser forget it."""
    talk.clear()
    return [], NO_STATUS, saved(talk, keep), None


def restore(kept: str, talk: Talk) -> tuple[list[dict[str, str]], bool]:
    """Take up what the browser kept, whatever it may have become there."""
    try:
        values = json.loads(kept)
    except (ValueError, RecursionError):
        values = None
    if not isinstance(values, dict):
        values = {}
    turns = values.get("turns")
    talk.restore(turns if isinstance(turns, list) else [])
    return talk.messages(), values.get("keep") is not False


def saved(talk: Talk, keep: bool) -> str:
    """What the browser keeps, as JSON; no turn if it is not to keep the conversation."""
    return json.dumps({"keep": keep, "turns": talk.kept() if keep else []}, ensure_ascii=False)


def view(talk: Talk, keep: bool) -> tuple[list[dict[str, str]], str, str, View | None]:
    """What the page shows: the conversation, its status line, what the browser keeps, and what "why?" is about."""
    last = next((turn for turn in reversed(talk.turns) if turn.is_done), None)
    status = talk.refusal or (last.status if last else NO_STATUS)
    return talk.messages(), status, saved(talk, keep), last.asked if last else None


@dataclass(frozen=True)
class Rating:
    """Writes a visitor's ratings of replies to a file, but none of what the guard answered."""

    shelf: Shelf
    feedback: FeedbackFile

    def __call__(self, talk: Talk, key: str, event: gr.LikeData) -> str:
        """The words for the status line; nothing when a rating is taken away."""
        turn = talk.turn_at(_index(event))
        if turn is None or not isinstance(event.liked, bool):
            return NO_STATUS
        key = turn.asked.bundle if turn.asked else key  # another one may have been chosen since
        guard = self.shelf[key].runner.guard
        if guard and guard.check(turn.message):
            return _note("feedback_withheld")
        try:
            self.feedback.add(turn.message, turn.reply, event.liked, key)
        except FullError:
            return _note("feedback_full")
        except OSError:
            return _note("feedback_failed")
        return _note("feedback_saved")


def _note(key: str) -> str:
    return f'<p class="facts">{both(key)}</p>'


def _index(event: Any) -> int:
    """The position of the message that an event is about."""
    return event.index[0] if isinstance(event.index, list | tuple) else event.index
