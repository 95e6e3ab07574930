"""A bundle behind HTTP, for a device with no room for more: one file of the standard library's server."""

import json
import threading
import time
import typing
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import numpy as np

from seq2edge.device.errors import UserError
from seq2edge.device.json_types import fits
from seq2edge.device.memory import peak_megabytes
from seq2edge.device.runner import Runner
from seq2edge.device.search.decoding import Greedy, SequenceModel, StepOutput
from seq2edge.device.search.options import DecodingOptions

TEXTS = 100  # of one request at most
# What a request may set, of `DecodingOptions` and of `Runner.run`, with its type.
SETTINGS: dict[str, Any] = typing.get_type_hints(DecodingOptions) | {
    "max_ratio": float,
    "prefix": str,
    **dict.fromkeys(("require", "ban", "given"), list[str]),
}
for of_ids in ("required", "banned"):
    del SETTINGS[of_ids]
PATHS = {"error": "there are POST /run, GET /health and GET /metrics"}


@dataclass(frozen=True)
class Limits:
    """What a request may cost.

    Attributes:
        max_body_bytes: Bytes of a request.
        timeout: Seconds until it is answered.
        max_concurrent_requests: One more is answered 503.
    """

    max_body_bytes: int = 100_000
    timeout: float = 10.0
    max_concurrent_requests: int = 32


class TooLateError(UserError):
    """A request took longer than it may."""


class Deadline(SequenceModel):
    """A model whose steps end when the time is up."""

    def __init__(self, model: SequenceModel, seconds: float):
        self.model, self.seconds = model, seconds
        self.mutable, self.max_batch_size = model.mutable, model.max_batch_size
        self.end = time.monotonic() + seconds

    def encode(self, source_ids: Sequence[np.ndarray], options: DecodingOptions | None = None) -> Any:
        self._check()
        return self.model.encode(source_ids, options)

    def step(self, token_ids: np.ndarray, memory: Any, sentence: np.ndarray, states: list[np.ndarray]) -> StepOutput:
        self._check()
        return self.model.step(token_ids, memory, sentence, states)

    def check_beam(self, beam: int) -> None:
        self.model.check_beam(beam)

    def greedy(self, source_ids: np.ndarray, options: DecodingOptions) -> Greedy | None:
        self._check()
        return self.model.greedy(source_ids, options)

    def _check(self) -> None:
        if time.monotonic() > self.end:
            raise TooLateError(f"it took longer than {self.seconds:g} seconds; ask for less at once")


class Server(ThreadingHTTPServer):
    """Answers `POST /run`, `GET /health` and `GET /metrics`.

    Example:
        >>> with Server(("127.0.0.1", 8000), Runner.from_bundle("bundles/quickstart-int8")) as server:
        ...     server.serve_forever()
    """

    daemon_threads = True

    def __init__(self, address: tuple[str, int], runner: Runner, limits: Limits = Limits()):
        super().__init__(address, _Handler)
        self.runner, self.limits = runner, limits
        self.places = threading.BoundedSemaphore(limits.max_concurrent_requests)
        self.counts: dict[str, float] = defaultdict(float)
        self.lock = threading.Lock()

    def answer(self, body: bytes) -> tuple[HTTPStatus, dict[str, Any]]:
        """The status and the JSON of what a request is answered."""
        try:
            texts, settings, attention = _read(body)
            runner = Runner(self.runner.bundle, Deadline(self.runner.model, self.limits.timeout), self.runner.codec)
            results = runner.run_all(texts, **settings)
        except TooLateError as error:
            return HTTPStatus.SERVICE_UNAVAILABLE, {"error": str(error)}
        except UserError as error:
            return HTTPStatus.BAD_REQUEST, {"error": str(error)}
        self.count("texts_total", len(texts))
        return HTTPStatus.OK, {"results": [result.as_json(attention) for result in results]}

    def count(self, name: str, value: float) -> None:
        with self.lock:
            self.counts[name] += value

    def metrics(self) -> str:
        """In Prometheus' text format."""
        with self.lock:
            counts = dict(self.counts)
        lines = [f"seq2edge_{name} {value:g}" for name, value in sorted(counts.items())]
        return "\n".join([*lines, f"seq2edge_peak_memory_megabytes {peak_megabytes():.1f}"]) + "\n"


def _read(body: bytes) -> tuple[list[str], dict[str, Any], bool]:
    """Texts, settings of the search, and whether attention is wanted."""
    try:
        values = json.loads(body)
    except (ValueError, RecursionError) as error:
        raise UserError(f"the body is no JSON: {error}") from None
    if not isinstance(values, dict):
        raise UserError('the body is no JSON object; {"text": "…"} is one')
    if ("text" in values) == ("texts" in values):
        raise UserError("text, a string, or texts, a list of strings: one of them is needed")
    attention = values.pop("attention", False)
    texts = [values.pop("text")] if "text" in values else values.pop("texts")
    if not isinstance(texts, list) or not all(isinstance(text, str) for text in texts):
        raise UserError("text must be a string, texts a list of strings")
    if not 1 <= len(texts) <= TEXTS:
        raise UserError(f"{len(texts)} texts, allowed are 1 to {TEXTS}")
    if mistakes := list(_mistakes(values)):
        raise UserError("; ".join(mistakes))
    return texts, values, bool(attention)


def _mistakes(settings: dict[str, Any]) -> Iterator[str]:
    for name, value in settings.items():
        if name not in SETTINGS:
            yield f"{name}: no setting of a request; allowed are text, texts, attention, {', '.join(sorted(SETTINGS))}"
        elif not fits(value, SETTINGS[name]):
            kind = "list of strings" if SETTINGS[name] == list[str] else SETTINGS[name].__name__
            yield f"{name} is {value!r}, expected {kind}"


class _Handler(BaseHTTPRequestHandler):
    server: Server
    protocol_version = "HTTP/1.1"
    server_version = "seq2edge"
    timeout = 10  # seconds that a connection may be silent

    def do_GET(self) -> None:
        if self.path == "/health":
            bundle = self.server.runner.bundle
            self._send(HTTPStatus.OK, {"status": "ok", "bundle": bundle.name, "task": bundle.task})
        elif self.path == "/metrics":
            self._send(HTTPStatus.OK, self.server.metrics())
        else:
            self._send(HTTPStatus.NOT_FOUND, PATHS)

    def do_POST(self) -> None:
        length = self.headers.get("Content-Length", "")
        self.close_connection = True  # unless the body was read
        if self.path != "/run":
            self._send(HTTPStatus.NOT_FOUND, PATHS)
        elif not length.isdecimal():
            self._send(HTTPStatus.LENGTH_REQUIRED, {"error": "Content-Length is missing"})
        elif int(length) > self.server.limits.max_body_bytes:
            allowed = self.server.limits.max_body_bytes
            self._send(HTTPStatus.REQUEST_ENTITY_TOO_LARGE, {"error": f"{length} bytes, allowed are {allowed}"})
        elif not self.server.places.acquire(blocking=False):
            self._send(HTTPStatus.SERVICE_UNAVAILABLE, {"error": "too many requests at once; come back"})
        else:
            self._send(*self._run(int(length)))

    def _run(self, length: int) -> tuple[HTTPStatus, dict[str, Any]]:
        """The answer; the request's place is free before it is sent, so that who has it may ask again."""
        started = time.perf_counter()
        try:
            body = self.rfile.read(length)
            self.close_connection = False
            return self.server.answer(body)
        finally:
            self.server.places.release()
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
        """Nothing: requests may be private, and metrics count them."""
