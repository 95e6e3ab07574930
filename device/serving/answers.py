"""Computes the responses of the routes: JSON values from the body of a request."""

import json
from collections.abc import Generator
from typing import Any

from seq2edge.device.deadline import Deadline, TimeoutExceededError
from seq2edge.device.errors import TextError
from seq2edge.device.runners.interface import Runner
from seq2edge.device.serving.limits import Limits
from seq2edge.device.serving.metrics import Metrics
from seq2edge.device.serving.requests import MAX_BATCH, MAX_TEXTS, Request

Event = tuple[str, dict[str, Any]]  # name and data


class Answers:
    """Answers requests with a runner. Any number of threads may use it at once.

    All methods take the body of a request and a deadline.

    Raises:
        TimeoutExceededError: If the deadline passes before the answer is complete.
        UserError: If the request is not valid.
    """

    def __init__(self, runner: Runner[Any], limits: Limits, metrics: Metrics):
        self.runner, self.limits, self.metrics = runner, limits, metrics

    def run(self, body: bytes, deadline: Deadline) -> dict[str, Any]:
        """Answer all texts."""
        request = self._request(body, MAX_TEXTS)
        sources = request.sources(self.runner.has_memory)
        results = self.runner.limited(deadline).run_all(sources, **request.settings)
        self.metrics.count("texts_total", len(results))
        return {"results": [result.as_json(request.attention) for result in results]}

    def inspect(self, body: bytes, deadline: Deadline) -> dict[str, Any]:
        """Answer one text and show how the model found the answer."""
        request = self._request(body, MAX_TEXTS)
        source = request.source(self.runner.has_memory, "inspected")
        inspection = self.runner.limited(deadline).inspect(source, **request.settings)
        self.metrics.count("texts_total", 1)
        return inspection.as_json()

    def batch(self, body: bytes, deadline: Deadline) -> dict[str, Any]:
        """Answer each text with a result or an error. Texts that are not answered in time get an error."""
        request = self._request(body, MAX_BATCH)
        self.runner.options(**request.settings)
        runner, entries = self.runner.limited(deadline), [dict[str, Any]()] * len(request.texts)
        lengths = [len(text) if isinstance(text, str) else 0 for text in request.texts]
        for index in sorted(
            range(len(lengths)), key=lengths.__getitem__
        ):  # the interpreter allocates again when the length changes
            one = Request([request.texts[index]], request.settings, request.attention, request.previous)
            try:
                (result,) = runner.run_all(one.sources(runner.has_memory), **request.settings)
                entries[index] = result.as_json(request.attention)
            except (TextError, TimeoutExceededError) as error:
                entries[index] = {"error": str(error)}
        failed = sum("error" in entry for entry in entries)
        self.metrics.count("texts_total", len(entries) - failed)
        return {"results": entries, "failed": failed}

    def stream(self, body: bytes, deadline: Deadline) -> Generator[Event, None, None]:
        """Yield events `text` with the answer as it grows, then an event `result` with the complete result.

        Each text extends the previous one. If the bundle has a fallback line, the whole answer comes in one event,
        because a text that was sent cannot be replaced.
        """
        request = self._request(body, MAX_TEXTS)
        source = request.source(self.runner.has_memory, "streamed")
        may_be_replaced = getattr(self.runner.manifest, "fallback", None) is not None
        growing, shown = self.runner.limited(deadline).stream(source, **request.settings), None
        while True:
            try:
                text = next(growing)
            except StopIteration as end:
                result = end.value
                break
            if not may_be_replaced and text != shown:
                shown = text
                yield "text", {"text": text}
        if result.text != shown:
            yield "text", {"text": result.text}
        self.metrics.count("texts_total", 1)
        yield "result", result.as_json(request.attention)

    def _request(self, body: bytes, most: int) -> Request:
        request = Request.from_json(body, self.runner.OPTIONS, self.limits.max_characters)
        request.check_texts(most)
        return request


def encoded(values: Any) -> bytes:
    """Encode values as JSON. A lone surrogate, which JSON allows and UTF-8 does not, becomes a question mark."""
    return json.dumps(values, ensure_ascii=False).encode("utf-8", "replace")
