"""What programs call: named endpoints with types, each also a tool of the Model Context Protocol where that is on."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import gradio as gr

from seq2edge.demo.answers import RefusedError, answer, check, inspected
from seq2edge.demo.loading import Loaded, Shelf
from seq2edge.demo.words import asked_language
from seq2edge.device.conversation import Conversation
from seq2edge.device.tasks import Task


class Endpoints:
    """The endpoints of a page.

    Args:
        shelf: The bundles; one that is not named is the first that fits.
    """

    def __init__(self, shelf: Shelf):
        self.shelf = shelf

    def offer(self) -> None:
        """Add those that a bundle can answer to the page that is being built."""
        if any(task.is_conversation for task in self.shelf.tasks()):
            gr.api(self.reply, api_name="reply")
        if any(_is_text(task) for task in self.shelf.tasks()):
            gr.api(self.translate, api_name="translate")
        if self.shelf.writers():
            gr.api(self.inspect, api_name="inspect")

    def reply(
        self, text: str, bundle: str = "", previous: str = "", request: gr.Request | None = None
    ) -> dict[str, Any]:
        """Reply to a message of a conversation.

        Args:
            text: The message.
            bundle: Name of the model on the page; empty: the first chat.
            previous: The field `previous` of the reply before, which the message may refer to; empty: none.

        Returns:
            text, score, confidence, fallback (whether it is the line for unlikely replies), guard (what answered in
            place of the model, or null), seconds, and previous for the next message.
        """
        found = self._find(bundle, [one for one in self.shelf.loaded if one.task.is_conversation], request)
        source = Conversation(found.runner, previous).source(text)
        return _result(found, text, source, request)

    def translate(
        self, text: str, bundle: str = "", n_best: int = 1, request: gr.Request | None = None
    ) -> dict[str, Any]:
        """Translate a text, or summarise it, or whatever the model was trained for.

        Args:
            text: The text; it is split into sentences where it is long.
            bundle: Name of the model on the page; empty: the first one that is no chat and no classifier.
            n_best: Number of answers to return in `alternatives`, best first.

        Returns:
            text, score, confidence, alternatives (text and score of each), seconds.
        """
        found = self._find(bundle, [one for one in self.shelf.loaded if _is_text(one.task)], request)
        return _result(found, text, text, request, n_best=n_best)

    def inspect(
        self,
        text: str,
        bundle: str = "",
        previous: str = "",
        prefix: str = "",
        beam: int = 1,
        request: gr.Request | None = None,
    ) -> dict[str, Any]:
        """Answer a text with a model that writes, and tell how the answer came about.

        Args:
            text: The text or message.
            bundle: Name of the model on the page; empty: the first one that writes.
            previous: The field `previous` of the reply before, which a message may refer to; empty: none.
            prefix: What the answer has to start with; empty: anything.
            beam: Number of answers that are followed at once.

        Returns:
            result as the other endpoints return it, decided_by, model_text, and parts: for each sentence tokens and
            words of source and target, attention, confidences, and the trace of the search.
        """
        found = self._find(bundle, self.shelf.writers(), request)
        source = Conversation(found.runner, previous).source(text)
        with _mistakes(text, request):
            return inspected(found.runner, source, prefix=prefix, beam=beam).as_json()

    def _find(self, key: str, fitting: Any, request: gr.Request | None) -> Loaded:
        """The bundle of a name, or the first one."""
        found = next((one for one in fitting if key in ("", one.key)), None)
        if found is None:
            names = ", ".join(one.key for one in fitting)
            raise _error(RefusedError("mistake_bundle", name=key, names=names), request)
        return found


def _is_text(task: Task) -> bool:
    return task.target == "text" and not task.is_conversation


def _result(one: Loaded, text: str, source: str, request: gr.Request | None, **options: Any) -> dict[str, Any]:
    with _mistakes(text, request):
        return answer(one.runner, source, **options).as_json()


@contextmanager
def _mistakes(text: str, request: gr.Request | None) -> Iterator[None]:
    """Check a text, and tell a program of what it did wrong."""
    try:
        check(text)
        yield
    except RefusedError as refused:
        raise _error(refused, request) from None


def _error(refused: RefusedError, request: gr.Request | None) -> gr.Error:
    """The error of an endpoint, in the language that the request asks for."""
    return gr.Error(refused.text(asked_language(request)), print_exception=False)
