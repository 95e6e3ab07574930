"""Answers what is sent to a chat."""

import time
from collections.abc import Generator, Iterator
from dataclasses import dataclass
from typing import Any

import gradio as gr

from seq2edge.demo.answers import RefusedError, answer, check, growing
from seq2edge.demo.components.cards import card
from seq2edge.demo.components.status import status_line
from seq2edge.demo.loading import Loaded, Shelf
from seq2edge.demo.panels.chat_changes import saved
from seq2edge.demo.settings import defaults, options_of
from seq2edge.demo.talk import Talk, Turn, pairs_of
from seq2edge.device.result import EMPTY, Result
from seq2edge.device.turns import with_previous

EVERY = 0.04  # seconds between two looks at a growing reply


@dataclass(frozen=True)
class Replies:
    """Answers what is sent."""

    shelf: Shelf

    def add(self, text: str, field: str, messages: list[dict[str, Any]], talk: Talk) -> tuple[Any, Any, Any]:
        """Add a message to the conversation; one that cannot be answered goes back to the field."""
        talk.restore(pairs_of(messages))
        try:
            check(text)
            if not talk.add(text):
                raise RefusedError("mistake_many")
        except RefusedError as refused:
            if not text.strip():
                return gr.skip(), gr.skip(), gr.skip()
            back = text if not field.strip() else f"{text}\n{field}"
            return gr.skip(), back, refused.html()
        return talk.messages(), gr.skip(), gr.skip()

    def answer_all(self, talk: Talk, keep: bool, key: str, *values: Any) -> Iterator[tuple[Any, ...]]:
        """Answer all messages that wait, in order; nothing if somebody does already."""
        if not talk.begin():
            return
        bundle = self.shelf[key]
        options = options_of(bundle, values)
        try:
            while turn := talk.waiting():
                for line in self._answer(bundle, talk, turn, options):
                    yield talk.messages(), line, saved(talk, keep), turn.message
        except BaseException:
            talk.abandon()
            raise

    def _answer(self, bundle: Loaded, talk: Talk, turn: Turn, options: dict[str, Any]) -> Iterator[Any]:
        """Answer a turn; a status line, or none yet, for each look at it.

        A reply that may be taken back is complete before it is shown: the model's memory and its fallback line decide
        at the end.
        """
        manifest, runner = bundle.runner.manifest, bundle.runner
        if turn.refused:
            options = options | {"beam": max(manifest.beam_sizes), "earlier_replies": (turn.refused,)}
        try:
            if runner.has_memory or manifest.fallback:
                source = with_previous(turn.message, talk.previous_of(turn)) if runner.has_memory else turn.message
                result = answer(runner, source, **options)
            else:
                result = yield from _growing(bundle, talk, turn, options)
        except RefusedError as refused:
            talk.finish(turn, "…")
            yield refused.html()
            return
        if talk.finish(turn, result.text, result.previous):
            yield status_line(result, bundle.megabytes)
        else:
            yield gr.skip()

    def choose(self, key: str) -> list[Any]:
        """The card and the settings of another bundle."""
        return [card(self.shelf[key]), *defaults(self.shelf[key])]


def _growing(bundle: Loaded, talk: Talk, turn: Turn, options: dict[str, Any]) -> Generator[Any, None, Result]:
    """Show a reply while it grows, and return the result; a turn that is stopped ends early."""
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
            yield gr.skip()
