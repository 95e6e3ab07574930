"""Reads the body of a request within limits of size and time."""

import asyncio
import contextlib
from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any

Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
MOST_DISCARDED = 8 << 20  # bytes; a client that sends more may not receive the refusal
PAUSE = 0.5  # seconds without data, after which the client is assumed to wait for the answer


class TooLargeError(Exception):
    """The body is larger than allowed."""


class Body:
    """The body of a request while it arrives.

    Args:
        receive: The `receive` function of ASGI.
        most: Maximum number of bytes.
        seconds: Maximum time for the body to arrive.

    Attributes:
        ended: Whether the whole body was read.
        gone: Whether the client disconnected.
    """

    def __init__(self, receive: Receive, most: int, seconds: float):
        self.receive, self.most, self.seconds = receive, most, seconds
        self.ended = self.gone = False

    async def read(self) -> bytes:
        """Read the whole body. If the client disconnects, return what has arrived.

        Raises:
            TimeoutError: If the body takes too long to arrive.
            TooLargeError: If the body is too large.
        """
        body = bytearray()
        async with asyncio.timeout(self.seconds):
            while not (self.ended or self.gone):
                body += await self._next()
                if len(body) > self.most:
                    raise TooLargeError
        return bytes(body)

    async def discard(self) -> None:
        """Read and drop the rest, within limits, so that a client that is still sending can receive the answer."""
        size = 0
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(self.seconds):
                while not (self.ended or self.gone) and size <= MOST_DISCARDED:
                    async with asyncio.timeout(PAUSE):  # the client may wait for the answer
                        size += len(await self._next())

    def replay(self, body: bytes) -> Receive:
        """Make a `receive` function that returns this body again."""
        given = False

        async def receive() -> Message:
            nonlocal given
            if given:
                return await self.receive()
            given = True
            return {"type": "http.request", "body": body, "more_body": False}

        return receive

    async def _next(self) -> bytes:
        message = await self.receive()
        self.gone = message["type"] == "http.disconnect"
        self.ended = not self.gone and not message.get("more_body", False)
        return bytes(message.get("body", b""))
