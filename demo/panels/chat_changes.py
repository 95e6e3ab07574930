"""Changes of a conversation other than sending: stop, retry, edit, undo, clear, keep, rate."""

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
    """Stop the current reply, and do not answer waiting messages."""
    talk.stop(say("stopped", asked_language(request)))
    return talk.messages()


def retry(talk: Talk, event: gr.RetryData) -> list[dict[str, str]]:
    """Answer a message again, with another reply."""
    talk.again(_index(event))
    return talk.messages()


def edit(talk: Talk, event: gr.EditData) -> list[dict[str, str]]:
    """Replace a message, and remove all that follow."""
    index = _index(event)
    if (text := original(str(event.value))).strip() and talk.turn_at(index):
        talk.take_back(index)
        talk.add(text)
    return talk.messages()


def undo(talk: Talk, keep: bool, field: str, event: gr.UndoData) -> tuple[list[dict[str, str]], str, str]:
    """Remove a message and all that follow. Its text returns to the field, unless the field has another text."""
    turn = talk.take_back(_index(event))
    return talk.messages(), field if field.strip() or turn is None else turn.message, saved(talk, keep)


def clear(talk: Talk, keep: bool) -> tuple[list[Any], str, str, None]:
    """Clear the conversation, on the server and in the browser."""
    talk.clear()
    return [], NO_STATUS, saved(talk, keep), None


def restore(kept: str, talk: Talk) -> tuple[list[dict[str, str]], bool]:
    """Restore the conversation that the browser kept. Its content is not trusted."""
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
    """Return the data for the browser to keep, as JSON. It has no turns if the conversation should not be kept."""
    return json.dumps({"keep": keep, "turns": talk.kept() if keep else []}, ensure_ascii=False)


def view(talk: Talk, keep: bool) -> tuple[list[dict[str, str]], str, str, View | None]:
    """Return the outputs of the panel: conversation, status line, data for the browser, and the view for "why?"."""
    last = talk.last_answered
    return talk.messages(), talk.status, saved(talk, keep), last.asked if last else None


@dataclass(frozen=True)
class Rating:
    """Writes a visitor's ratings of replies to a file, except for replies of the guard."""

    shelf: Shelf
    feedback: FeedbackFile

    def __call__(self, talk: Talk, key: str, event: gr.LikeData) -> str:
        """Save a rating, and return the text for the status line; empty if a rating is withdrawn."""
        turn = talk.turn_at(_index(event))
        if turn is None or not isinstance(event.liked, bool):
            return NO_STATUS
        key = turn.asked.bundle if turn.asked else key  # the visitor may have chosen another bundle since
        if self.shelf[key].runner.guarded(turn.message):
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
    """Return the position of the message that an event refers to."""
    return event.index[0] if isinstance(event.index, list | tuple) else event.index
