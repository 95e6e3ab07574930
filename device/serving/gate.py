"""The first stage of a request: its headers are checked, and its body is read."""

import asyncio
import sys
import traceback
from collections.abc import Awaitable, Callable
from http import HTTPStatus

from seq2edge.device.serving.access import PREFLIGHT, Access, Headers
from seq2edge.device.serving.answers import encoded
from seq2edge.device.serving.body import MOST_DISCARDED, Body, Message, Receive, TooLargeError
from seq2edge.device.serving.limits import Limits
from seq2edge.device.serving.metrics import Metrics
from seq2edge.device.terminal import write

Send = Callable[[Message], Awaitable[None]]
App = Callable[[Message, Receive, Send], Awaitable[None]]
CLOSE = {"Connection": "close"}  # for bodies without a clear end, or not read to their end


class RefusedError(Exception):
    """A request that is refused.

    Args:
        status: HTTP status of the response.
        message: Error message in the response.
        headers: Headers of the response.
    """

    def __init__(self, status: HTTPStatus, message: str, headers: Headers | None = None):
        super().__init__(message)
        self.status, self.headers = status, dict(headers or {})


class Gate:
    """An ASGI application that wraps another one.

    It refuses requests without a valid key, requests from pages of other origins, and requests that have an ambiguous
    length, are too large or arrive too slowly. The wrapped application gets only complete bodies. All errors are
    answered with JSON.
    """

    def __init__(self, app: App, access: Access, limits: Limits, metrics: Metrics):
        self.app, self.access, self.limits, self.metrics = app, access, limits, metrics

    async def __call__(self, scope: Message, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        headers = {name.decode("latin-1"): value.decode("latin-1") for name, value in scope["headers"]}
        answer = _Answer(send, self.access.for_page(headers), self.metrics)
        body = Body(receive, self.limits.max_body_bytes, self.limits.body_timeout)
        try:
            await self._pass(scope, headers, body, answer)
        except RefusedError as refused:
            await self._refuse(refused, headers, body, answer)
        except asyncio.CancelledError:  # the server stops, and the time for requests in progress is over
            if answer.started:
                raise
            await answer.refuse(RefusedError(HTTPStatus.SERVICE_UNAVAILABLE, "the server is shutting down", CLOSE))
        except Exception as error:
            report(error)
            if answer.started:  # close the connection, so that the client notices the incomplete answer
                raise
            await answer.refuse(RefusedError(HTTPStatus.INTERNAL_SERVER_ERROR, "internal error", CLOSE))

    async def _pass(self, scope: Message, headers: Headers, body: Body, answer: "_Answer") -> None:
        method = scope["method"]
        if method == "OPTIONS" and "access-control-request-method" in headers:
            if not self.access.is_named(headers.get("origin", "")):
                raise RefusedError(HTTPStatus.FORBIDDEN, "pages of this origin are not allowed; see --cors")
            await answer.give(HTTPStatus.NO_CONTENT, b"", PREFLIGHT)
            return
        self._check_framing(scope)
        if not self.access.has_key(scope["path"], headers):
            told = {"WWW-Authenticate": "Bearer"}
            raise RefusedError(
                HTTPStatus.UNAUTHORIZED, "missing or wrong API key; send Authorization: Bearer KEY", told
            )
        if method == "POST" and not self.access.allows_page(headers):
            raise RefusedError(HTTPStatus.FORBIDDEN, "pages of this origin are not allowed; see --cors")
        if (length := int(headers.get("content-length", 0))) > self.limits.max_body_bytes:
            raise self._too_large(str(length))
        read = await self._read(body)
        if not body.gone:
            plain = {**scope, "method": "GET"} if method == "HEAD" else scope  # uvicorn omits the body
            await self.app(plain, body.replay(read), answer.send)

    async def _read(self, body: Body) -> bytes:
        try:
            return await body.read()
        except TimeoutError:
            message = f"the request took longer than {self.limits.body_timeout:g} seconds to arrive"
            raise RefusedError(HTTPStatus.REQUEST_TIMEOUT, message) from None
        except TooLargeError:
            raise self._too_large("more") from None

    async def _refuse(self, refused: RefusedError, headers: Headers, body: Body, answer: "_Answer") -> None:
        """Answer with an error. Close the connection if the body was not read to its end."""
        is_small = int(headers.get("content-length", 0)) <= MOST_DISCARDED
        if refused.status is not HTTPStatus.REQUEST_TIMEOUT and is_small and "expect" not in headers:
            await body.discard()
        if not body.ended:
            refused.headers |= CLOSE
        await answer.refuse(refused)

    def _check_framing(self, scope: Message) -> None:
        """Refuse requests whose body length a proxy may understand differently (request smuggling)."""
        lengths = [value for name, value in scope["headers"] if name == b"content-length"]
        is_chunked = any(name == b"transfer-encoding" for name, _ in scope["headers"])
        if len(lengths) + is_chunked > 1:
            raise RefusedError(HTTPStatus.BAD_REQUEST, "more than one Content-Length or Transfer-Encoding", CLOSE)
        if scope["method"] == "POST" and not lengths and not is_chunked:
            raise RefusedError(HTTPStatus.LENGTH_REQUIRED, "Content-Length is missing", CLOSE)
        if scope["method"] != "POST" and (is_chunked or any(int(length) for length in lengths)):
            raise RefusedError(HTTPStatus.BAD_REQUEST, f"{scope['method']} takes no body", CLOSE)

    def _too_large(self, given: str) -> RefusedError:
        message = f"the body must have at most {self.limits.max_body_bytes} bytes, got {given}"
        return RefusedError(HTTPStatus.REQUEST_ENTITY_TOO_LARGE, message)


class _Answer:
    """Sends and counts a response, with additional headers."""

    def __init__(self, send: Send, headers: Headers, metrics: Metrics):
        self.forward, self.headers, self.metrics = send, headers, metrics
        self.started = False

    async def send(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            self.started = True
            self.metrics.count_answer(message["status"])
            message["headers"] = [*message.get("headers", ()), *_raw(self.headers)]
        await self.forward(message)

    async def give(self, status: HTTPStatus, body: bytes, headers: Headers) -> None:
        await self.send({"type": "http.response.start", "status": int(status), "headers": _raw(headers)})
        await self.send({"type": "http.response.body", "body": body})

    async def refuse(self, refused: RefusedError) -> None:
        """Send an error."""
        body = encoded({"error": str(refused)})
        headers = {"Content-Type": "application/json", "Content-Length": str(len(body))} | refused.headers
        if refused.status is HTTPStatus.SERVICE_UNAVAILABLE:
            headers["Retry-After"] = "1"
        await self.give(refused.status, body, headers)


def _raw(headers: Headers) -> list[tuple[bytes, bytes]]:
    return [(name.lower().encode("latin-1"), value.encode("latin-1")) for name, value in headers.items()]


def report(error: BaseException) -> None:
    """Print the traceback of an internal error, but not its message, which may quote a request."""
    lines = traceback.format_tb(error.__traceback__)
    write(f"seq2edge: internal error: {type(error).__name__}\n{''.join(lines)}", file=sys.stderr, flush=True)
