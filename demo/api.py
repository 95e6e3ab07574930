"""Named, typed endpoints for programs. They can also be tools of the Model Context Protocol."""

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
        shelf: The bundles. If a call names none, the first suitable bundle answers.
    """

    def __init__(self, shelf: Shelf):
        self.shelf = shelf

    def offer(self) -> None:
        """Add the endpoints that a bundle can answer to the page that is being built."""
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
            previous: The field `previous` of the previous reply, which the message may refer to; empty: none.

        Returns:
            text, score, confidence, fallback (whether it is the line for unlikely replies), guard (the category of the
            guard that answered instead of the model, or null), seconds, and previous for the next message.
        """
        found = self._find(bundle, [one for one in self.shelf.loaded if one.task.is_conversation], request)
        source = Conversation(found.runner, previous).source(text)
        return _result(found, text, source, request)

    def translate(
        self, text: str, bundle: str = "", n_best: int = 1, request: gr.Request | None = None
    ) -> dict[str, Any]:
        """Translate a text, summarise it, or do whatever else the model was trained for.

        Args:
            text: The text. A long text is split into sentences.
            bundle: Name of the model on the page; empty: the first one that is neither a chat nor a classifier.
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
        """Answer a text with a model that generates text, and explain the answer.

        Args:
            text: The text or message.
            bundle: Name of the model on the page; empty: the first one that generates text.
            previous: The field `previous` of the previous reply, which a message may refer to; empty: none.
            prefix: Text that the answer must start with; empty: anything.
            beam: Beam size of the search.

        Returns:
            result as the other endpoints return it, decided_by, model_text, and parts: for each sentence tokens and
            words of source and target, attention, confidences, and the trace of the search.
        """
        found = self._find(bundle, self.shelf.writers(), request)
        source = Conversation(found.runner, previous).source(text)
        with _mistakes(text, request):
            return inspected(found.runner, source, prefix=prefix, beam=beam).as_json()

    def _find(self, key: str, fitting: Any, request: gr.Request | None) -> Loaded:
        """Return the bundle with a name, or the first suitable one."""
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
    """Check a text, and report mistakes to the calling program."""
    try:
        check(text)
        yield
    except RefusedError as refused:
        raise _error(refused, request) from None


def _error(refused: RefusedError, request: gr.Request | None) -> gr.Error:
    """Return the error of an endpoint in the language of the request."""
    return gr.Error(refused.text(asked_language(request)), print_exception=False)
