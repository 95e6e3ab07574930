"""Routes of the server."""

import asyncio
from collections.abc import AsyncIterator, Callable, Mapping
from http import HTTPStatus
from typing import Any

from fastapi import FastAPI, Request
from fastapi.responses import PlainTextResponse, Response, StreamingResponse
from starlette.exceptions import HTTPException

from seq2edge.device.deadline import Deadline, TimeoutExceededError
from seq2edge.device.errors import UserError
from seq2edge.device.runners.interface import Runner
from seq2edge.device.serving import schemas
from seq2edge.device.serving.access import Access
from seq2edge.device.serving.answers import Answers, Event, encoded
from seq2edge.device.serving.gate import Gate
from seq2edge.device.serving.limits import Limits
from seq2edge.device.serving.metrics import Metrics
from seq2edge.device.serving.places import FullError, Places

VERSION = "1"  # version of the routes
AVAILABLE = "POST /run, /v1/batch, /v1/inspect, /v1/stream and GET /health, /metrics, /openapi.json"
NO_TELEMETRY = {"tracing": False, "metrics": False, "logs": False, "auto_configure": False}  # requests may be private
RETRY = {"Retry-After": "1"}
Work = Callable[[bytes, Deadline], dict[str, Any]]
ERRORS: dict[int | str, dict[str, Any]] = {
    status: {"description": reason, **schemas.json_body(schemas.ERROR)}
    for status, reason in {
        400: "the request is not valid; `error` says why",
        401: "the API key is missing or wrong",
        403: "the request comes from a page of an origin that is not allowed",
        408: "the request took too long to arrive",
        411: "Content-Length is missing",
        413: "the body is too large",
        503: "too many requests, or the answer took too long; try again later",
    }.items()
}


def build_app(runner: Runner[Any], limits: Limits = Limits(), access: Access = Access()) -> Gate:
    """Build the server of a bundle as an ASGI application.

    Args:
        runner: Answers the texts.
        limits: Limits of requests.
        access: API keys and allowed origins.

    Example:
        >>> import seq2edge
        >>> app = build_app(seq2edge.load())
    """
    metrics = Metrics()
    api = FastAPI(
        title=f"seq2edge: {runner.manifest.name}",
        version=VERSION,
        docs_url=None,  # its page loads scripts from another host
        redoc_url=None,
        exception_handlers=HANDLERS,
        telemetry=NO_TELEMETRY,
    )
    _add_state(api, runner, metrics)
    _add_answers(api, runner, Answers(runner, limits, metrics), Places(limits, metrics))
    return Gate(api, access, limits, metrics)


def _add_state(api: FastAPI, runner: Runner[Any], metrics: Metrics) -> None:
    """Add the routes that report the state of the server."""
    health = {"status": "ok", "bundle": runner.manifest.name, "task": runner.manifest.task}

    @api.get("/health", responses={200: schemas.json_body(schemas.HEALTH)})
    async def get_health() -> Response:
        """Status of the server, and name and task of its bundle."""
        return Json(encoded(health))

    @api.get("/metrics", response_class=PlainTextResponse)
    async def get_metrics() -> Response:
        """Numbers of requests and texts, and memory, in the text format of Prometheus."""
        return PlainTextResponse(metrics.text(), media_type="text/plain; version=0.0.4")


def _add_answers(api: FastAPI, runner: Runner[Any], answers: Answers, places: Places) -> None:
    """Add the routes that answer texts."""
    takes = {"requestBody": {"required": True, **schemas.json_body(schemas.request_schema(runner))}}

    def add(path: str, work: Work, schema: schemas.Schema) -> None:
        async def answer(request: Request) -> Response:
            return await _answer(request, work, places)

        responses = ERRORS | {200: {"description": "answered", **schemas.json_body(schema)}}
        name, text = path.rpartition("/")[2], (work.__doc__ or "").splitlines()[0]
        api.post(path, name=name, description=text, responses=responses, openapi_extra=takes)(answer)

    add("/run", answers.run, schemas.RESULTS)
    add("/v1/batch", answers.batch, schemas.ENTRIES)
    add("/v1/inspect", answers.inspect, schemas.ANY_OBJECT)

    @api.post("/v1/stream", responses=ERRORS, openapi_extra=takes, response_class=EventStream)
    async def stream(request: Request) -> Response:
        """Answer one text with server-sent events: `text` while the answer grows, then `result` or `error`."""
        body = await request.body()
        events = places.iterate(lambda deadline: answers.stream(body, deadline))
        first, gone = asyncio.ensure_future(anext(events)), asyncio.ensure_future(_until_gone(request))
        await asyncio.wait((first, gone), return_when=asyncio.FIRST_COMPLETED)
        gone.cancel()
        if not first.done():  # the client has disconnected
            first.cancel()  # stops the work
        await asyncio.wait((first, gone))
        if first.cancelled():
            return _error(HTTPStatus.SERVICE_UNAVAILABLE, "the client has disconnected")
        sent = _sent(first.result(), events)  # a wrong request raises here, before the response starts
        return EventStream(sent, headers={"Cache-Control": "no-cache", "X-Accel-Buffering": "no"})


class EventStream(StreamingResponse):
    media_type = "text/event-stream"


async def _sent(first: Event, others: AsyncIterator[Event]) -> AsyncIterator[bytes]:
    """Encode server-sent events. An error after the start of the response becomes the last event."""
    yield _event(first)
    try:
        async for event in others:
            yield _event(event)
    except UserError as error:
        yield _event(("error", {"error": str(error)}))


def _event(event: Event) -> bytes:
    name, values = event
    return b"event: " + name.encode() + b"\ndata: " + encoded(values) + b"\n\n"


async def _answer(request: Request, work: Work, places: Places) -> Response:
    """Answer a POST. The work stops if the client disconnects."""
    body = await request.body()
    gone = asyncio.ensure_future(_until_gone(request))
    try:
        return Json(await places.run(lambda deadline: encoded(work(body, deadline)), gone))
    finally:
        gone.cancel()


async def _until_gone(request: Request) -> None:
    while (await request.receive())["type"] != "http.disconnect":
        pass


class Json(Response):
    """A response of JSON that is already encoded."""

    media_type = "application/json"


def _error(status: int, message: str, headers: Mapping[str, str] | None = None) -> Response:
    return Json(encoded({"error": message}), status, headers)


async def _wrong(request: Request, error: Exception) -> Response:
    return _error(HTTPStatus.BAD_REQUEST, str(error))


async def _too_late(request: Request, error: Exception) -> Response:
    return _error(HTTPStatus.SERVICE_UNAVAILABLE, str(error), RETRY)


async def _full(request: Request, error: Exception) -> Response:
    return _error(HTTPStatus.SERVICE_UNAVAILABLE, "too many concurrent requests; try again later", RETRY)


async def _not_there(request: Request, error: Any) -> Response:
    """404 and 405."""
    return _error(error.status_code, f"{error.detail.lower()}; available are {AVAILABLE}", error.headers)


async def _internal(request: Request, error: Exception) -> Response:
    return _error(HTTPStatus.INTERNAL_SERVER_ERROR, "internal error")


HANDLERS: dict[Any, Any] = {
    UserError: _wrong,
    TimeoutExceededError: _too_late,
    FullError: _full,
    HTTPException: _not_there,
    Exception: _internal,
}
