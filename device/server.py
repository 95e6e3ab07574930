"""An HTTP server for a bundle, built on the standard library alone, for devices with little room."""

import json
import threading
import time
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from seq2edge.device.deadline import TimeoutExceededError
from seq2edge.device.errors import UserError
from seq2edge.device.limits import Limits
from seq2edge.device.resources import peak_rss_megabytes
from seq2edge.device.runners.interface import Runner
from seq2edge.device.turns import with_previous

MAX_TEXTS = 100  # of one request
FIELDS = ("text", "texts", "previous", "attention")  # of a request, beside the options of the runner
PATHS = {"error": "not found; available are POST /run, POST /v1/inspect, GET /health and GET /metrics"}


@dataclass(frozen=True)
class Request:
    """The body of POST /run and of POST /v1/inspect.

    Attributes:
        settings: Fields of the options of the runner.
        attention: Whether the answer contains the parts with their attention.
        previous: The reply that the text of a conversation may refer to; `Result.previous` of the answer to it.
    """

    texts: list[str]
    settings: dict[str, Any]
    attention: bool
    previous: str = ""

    @classmethod
    def from_json(cls, body: bytes, options: Iterable[str]) -> "Request":
        """Parse a body.

        Args:
            options: Names of the runner's options.

        Raises:
            UserError: If it is not valid. The values of options are checked when they are used.
        """
        try:
            values = json.loads(body)
        except (ValueError, RecursionError) as error:
            raise UserError(f"body is not valid JSON: {error}") from None
        if not isinstance(values, dict):
            raise UserError('body is not a JSON object, such as {"text": "…"}')
        fields = (*FIELDS, *options)
        if unknown := sorted(values.keys() - set(fields)):
            raise UserError(f"{', '.join(unknown)}: unknown field; allowed are {', '.join(fields)}")
        if ("text" in values) == ("texts" in values):
            raise UserError("exactly one of text (a string) and texts (a list of strings) is needed")
        attention = values.pop("attention", False)
        previous = values.pop("previous", "")
        if not isinstance(previous, str) or (previous and "text" not in values):
            raise UserError("previous must be a string, and belongs to a single text")
        texts = [values.pop("text")] if "text" in values else values.pop("texts")
        if not isinstance(texts, list) or not all(isinstance(text, str) for text in texts):
            raise UserError("text must be a string, texts a list of strings")
        if not 1 <= len(texts) <= MAX_TEXTS:
            raise UserError(f"{len(texts)} texts, allowed are 1 to {MAX_TEXTS}")
        return cls(texts, values, bool(attention), previous)

    def sources(self, has_memory: bool) -> list[str]:
        """What a runner with or without memory gets."""
        return [with_previous(text, self.previous) if has_memory else text for text in self.texts]


class Server(ThreadingHTTPServer):
    """Answers `POST /run`, `POST /v1/inspect`, `GET /health` and `GET /metrics`.

    Example:
        >>> with Server(("127.0.0.1", 8000), load_runner("bundles/quickstart-int8")) as server:
        ...     server.serve_forever()
    """

    daemon_threads = True

    def __init__(self, address: tuple[str, int], runner: Runner[Any], limits: Limits = Limits()):
        super().__init__(address, _Handler)
        self.runner, self.limits = runner, limits
        self.slots = threading.BoundedSemaphore(limits.max_concurrent_requests)
        self.counts: dict[str, float] = defaultdict(float)
        self.routes = {"/run": self._results, "/v1/inspect": self._inspections}
        self.lock = threading.Lock()

    def answer(self, path: str, body: bytes) -> tuple[HTTPStatus, dict[str, Any]]:
        """The status and the JSON values of the answer to a POST; `path` is one of the routes."""
        try:
            request = Request.from_json(body, self.runner.OPTIONS)
            values = self.routes[path](self.runner.limited(self.limits.timeout), request)
        except TimeoutExceededError as error:
            return HTTPStatus.SERVICE_UNAVAILABLE, {"error": str(error)}
        except UserError as error:
            return HTTPStatus.BAD_REQUEST, {"error": str(error)}
        self.count("texts_total", len(request.texts))
        return HTTPStatus.OK, values

    def _results(self, runner: Runner[Any], request: Request) -> dict[str, Any]:
        results = runner.run_all(request.sources(runner.has_memory), **request.settings)
        return {"results": [result.as_json(request.attention) for result in results]}

    def _inspections(self, runner: Runner[Any], request: Request) -> dict[str, Any]:
        if len(request.texts) > 1:
            raise UserError("one text is inspected at a time")
        (source,) = request.sources(runner.has_memory)
        return runner.inspect(source, **request.settings).as_json()

    def count(self, name: str, value: float) -> None:
        """Add to a metric."""
        with self.lock:
            self.counts[name] += value

    def metrics(self) -> str:
        """All metrics in Prometheus' text format."""
        with self.lock:
            counts = dict(self.counts)
        lines = [f"seq2edge_{name} {value:g}" for name, value in sorted(counts.items())]
        return "\n".join([*lines, f"seq2edge_peak_memory_megabytes {peak_rss_megabytes():.1f}"]) + "\n"


class _Handler(BaseHTTPRequestHandler):
    server: Server
    protocol_version = "HTTP/1.1"
    server_version = "seq2edge"
    timeout = 10  # seconds without data after which a connection is closed

    def do_GET(self) -> None:
        if self.path == "/health":
            manifest = self.server.runner.manifest
            self._send(HTTPStatus.OK, {"status": "ok", "bundle": manifest.name, "task": manifest.task})
        elif self.path == "/metrics":
            self._send(HTTPStatus.OK, self.server.metrics())
        else:
            self._send(HTTPStatus.NOT_FOUND, PATHS)

    def do_POST(self) -> None:
        length = self.headers.get("Content-Length", "")
        self.close_connection = True  # until the body has been read
        if self.path not in self.server.routes:
            self._send(HTTPStatus.NOT_FOUND, PATHS)
        elif not length.isdecimal():
            self._send(HTTPStatus.LENGTH_REQUIRED, {"error": "Content-Length is missing"})
        elif int(length) > self.server.limits.max_body_bytes:
            allowed = self.server.limits.max_body_bytes
            self._send(HTTPStatus.REQUEST_ENTITY_TOO_LARGE, {"error": f"{length} bytes, allowed are {allowed}"})
        elif not self.server.slots.acquire(blocking=False):
            self._send(HTTPStatus.SERVICE_UNAVAILABLE, {"error": "too many concurrent requests; try again later"})
        else:
            self._send(*self._run(int(length)))

    def _run(self, length: int) -> tuple[HTTPStatus, dict[str, Any]]:
        """Status and content. The slot is free before they are sent, so that the client can send its next request."""
        started = time.perf_counter()
        try:
            body = self.rfile.read(length)
            self.close_connection = False
            return self.server.answer(self.path, body)
        finally:
            self.server.slots.release()
            self.server.count("busy_seconds_total", time.perf_counter() - started)

    def _send(self, status: HTTPStatus, content: dict[str, Any] | str) -> None:
        self.server.count(f'requests_total{{status="{status.value}"}}', 1)
        kind, text = "text/plain; version=0.0.4", content
        if not isinstance(text, str):
            kind, text = "application/json", json.dumps(content, ensure_ascii=False)
        body = text.encode()
        self.send_response(status)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(body)))
        if status is HTTPStatus.SERVICE_UNAVAILABLE:
            self.send_header("Retry-After", "1")
        if self.close_connection:
            self.send_header("Connection", "close")
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *arguments: Any) -> None:
        """Log nothing: requests may be private, and the metrics count them."""
