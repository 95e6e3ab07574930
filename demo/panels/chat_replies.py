"""Answers the messages of a chat."""

import json
import time
from collections.abc import Generator, Iterator
from dataclasses import dataclass
from typing import Any

from seq2edge.demo.answers import RefusedError, answer, check, growing
from seq2edge.demo.components.cards import card
from seq2edge.demo.components.link import View
from seq2edge.demo.components.status import status_line
from seq2edge.demo.loading import Loaded, Shelf
from seq2edge.demo.panels.chat_changes import view
from seq2edge.demo.settings import defaults, options_of
from seq2edge.demo.talk import Talk, Turn, kept_of
from seq2edge.device.conversation import Conversation
from seq2edge.device.result import EMPTY, Result

EVERY = 0.04  # seconds between updates of a growing reply


@dataclass(frozen=True)
class Replies:
    """The functions that add messages and answer them."""

    shelf: Shelf

    def add(self, sent: str, messages: list[dict[str, Any]], talk: Talk) -> tuple[Any, str, str]:
        """Add messages to the conversation.

        Gradio would keep each `gr.skip()` as a component of the visitor's session, so all outputs have values.

        Args:
            sent: A list of messages as JSON.
            messages: The messages that the browser shows.
            talk: The conversation.
        Returns:
            The messages to show, the status line, and the messages that were refused, which page.js returns to the
            field.
        """
        talk.restore(kept_of(messages))
        talk.refusal, refused = "", []
        for text in json.loads(sent):
            try:
                check(text)
                if not talk.add(text):
                    raise RefusedError("mistake_many")
            except RefusedError as error:
                refused.append(text)
                talk.refusal = error.html()
        return talk.messages(), talk.status, "\n".join(refused)

    def answer_all(self, talk: Talk, keep: bool, key: str, *values: Any) -> Iterator[tuple[Any, ...]]:
        """Answer all waiting messages in order, unless another call is answering them already."""
        if not talk.begin():
            yield view(talk, keep)
            return
        bundle = self.shelf[key]
        options = options_of(bundle, values)
        try:
            while turn := talk.waiting():
                for _ in self._answer(bundle, talk, turn, options):
                    yield view(talk, keep)
        except BaseException:
            talk.abandon()
            raise
        yield view(talk, keep)  # Gradio clears the outputs of a generator that yields nothing

    def _answer(self, bundle: Loaded, talk: Talk, turn: Turn, options: dict[str, Any]) -> Iterator[None]:
        """Answer a turn, and yield whenever there is something new to show.

        If a follow-up or the fallback line may replace the reply at the end, it is shown only when it is complete.
        """
        runner = bundle.runner
        manifest: Any = runner.manifest
        if turn.refused:
            options = options | {"beam": max(manifest.beam_sizes), "earlier_replies": (turn.refused,)}
        previous = talk.previous_of(turn) if runner.has_memory else ""
        turn.asked = View(bundle.key, turn.message, options, previous=previous)
        try:
            if runner.has_memory or manifest.fallback:
                result = answer(runner, Conversation(runner, previous).source(turn.message), **options)
            else:
                result = yield from _growing(bundle, talk, turn, options)
        except RefusedError as refused:
            talk.finish(turn, "…", refused.html())
        else:
            line = status_line(result, bundle.megabytes)
            talk.finish(turn, result.text, line, result.previous)
        yield

    def choose(self, key: str) -> list[Any]:
        """Return the card and the settings of another bundle."""
        return [card(self.shelf[key]), *defaults(self.shelf[key])]


def _growing(bundle: Loaded, talk: Talk, turn: Turn, options: dict[str, Any]) -> Generator[None, None, Result]:
    """Show a growing reply, and return the result. A turn that is stopped ends early."""
    texts, last = growing(bundle.runner, turn.message, **options), 0.0
    while True:
        try:
            text = next(texts)
        except StopIteration as end:
            return end.value
        if not talk.is_wanted(turn):
            texts.close()
            return EMPTY
        talk.grow(turn, text)
        if time.monotonic() - last > EVERY:
            last = time.monotonic()
            yield
