"""The body of a request, read within bounds."""

import asyncio
import contextlib
from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any

Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
MOST_DISCARDED = 8 << 20  # bytes; who sends more to be refused may lose the answer
PAUSE = 0.5  # seconds without data


class TooLargeError(Exception):
    """A body has more bytes than it may."""


class Body:
    """The body of a request as it arrives.

    Args:
        receive: Of ASGI.
        most: Bytes that it may have.
        seconds: In which it must arrive.

    Attributes:
        ended: All of it has been read.
        gone: The client has left.
    """

    def __init__(self, receive: Receive, most: int, seconds: float):
        self.receive, self.most, self.seconds = receive, most, seconds
        self.ended = self.gone = False

    async def read(self) -> bytes:
        """The whole body, or what came until the client left.

        Raises:
            TimeoutError, TooLargeError: If it takes too long or is too large.
        """
        body = bytearray()
        async with asyncio.timeout(self.seconds):
            while not (self.ended or self.gone):
                body += await self._next()
                if len(body) > self.most:
                    raise TooLargeError
        return bytes(body)

    async def discard(self) -> None:
        """Read the rest, within bounds: a client that still sends when the connection is closed loses the answer."""
        size = 0
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(self.seconds):
                while not (self.ended or self.gone) and size <= MOST_DISCARDED:
                    async with asyncio.timeout(PAUSE):  # the client may wait for the answer
                        size += len(await self._next())

    def replay(self, body: bytes) -> Receive:
        """`receive` for who is to read the body again."""
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
