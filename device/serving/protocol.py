"""HTTP/1.1 connections with limits of time and number."""

import asyncio
from http import HTTPStatus
from typing import Any

import h11
from uvicorn.protocols.http.h11_impl import H11Protocol

from seq2edge.device.serving.answers import encoded
from seq2edge.device.serving.limits import Limits
from seq2edge.device.serving.metrics import Metrics


class BoundedProtocol(H11Protocol):
    """The HTTP/1.1 protocol of uvicorn, extended by limits.

    It closes connections that send or receive data too slowly, and connections beyond the maximum number. uvicorn
    itself waits forever for the head of a request and for a client to receive data. Errors are answered with JSON
    instead of plain text.

    Args:
        limits: `body_timeout` limits the time for a request (head and body) to arrive and for a client to receive data.
        metrics: Counts requests that are refused here.
        settings: Arguments of `H11Protocol`.
    """

    def __init__(self, limits: Limits, metrics: Metrics, **settings: Any):
        super().__init__(**settings)
        self.limits, self.metrics = limits, metrics
        self.receiving: asyncio.TimerHandle | None = None
        self.sending: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:
        super().connection_made(transport)
        if len(self.connections) > self.limits.max_connections:
            self._refuse(HTTPStatus.SERVICE_UNAVAILABLE, "too many connections; try again later")
        else:
            self.receiving = self.loop.call_later(self.limits.body_timeout, self._receiving_took_too_long)

    def connection_lost(self, exc: Exception | None) -> None:
        self._stop_receiving()
        self._stop_sending()
        super().connection_lost(exc)

    def handle_events(self) -> None:
        super().handle_events()
        has_begun = self.conn.their_state is h11.SEND_BODY or self._has_part_of_a_head()
        if not has_begun:
            self._stop_receiving()
        elif self.receiving is None and not self.transport.is_closing():
            self.receiving = self.loop.call_later(self.limits.body_timeout, self._receiving_took_too_long)

    def pause_writing(self) -> None:
        super().pause_writing()
        self.sending = self.loop.call_later(self.limits.body_timeout, self.transport.abort)

    def resume_writing(self) -> None:
        super().resume_writing()
        self._stop_sending()

    def timeout_keep_alive_handler(self) -> None:
        super().timeout_keep_alive_handler()
        self.loop.call_later(
            self.limits.body_timeout, self.transport.abort
        )  # for clients that do not receive the last answer

    def send_400_response(self, msg: str) -> None:
        self._refuse(HTTPStatus.BAD_REQUEST, msg)

    def _has_part_of_a_head(self) -> bool:
        return self.conn.their_state is h11.IDLE and bool(self.conn.trailing_data[0])

    def _receiving_took_too_long(self) -> None:
        self.receiving = None
        if self.conn.their_state is h11.IDLE:
            seconds = f"{self.limits.body_timeout:g} seconds"
            self._refuse(HTTPStatus.REQUEST_TIMEOUT, f"the request took longer than {seconds} to arrive")
        else:  # the application answers 408 itself, or is reading the rest of a refused body
            self.receiving = self.loop.call_later(self.limits.body_timeout, self.transport.abort)

    def _stop_receiving(self) -> None:
        if self.receiving is not None:
            self.receiving.cancel()
            self.receiving = None

    def _stop_sending(self) -> None:
        if self.sending is not None:
            self.sending.cancel()
            self.sending = None

    def _refuse(self, status: HTTPStatus, message: str) -> None:
        """Answer an error without calling the application, and close the connection."""
        if self.conn.our_state in (h11.IDLE, h11.SEND_RESPONSE):
            body = encoded({"error": message})
            headers = [
                ("content-type", "application/json"),
                ("content-length", str(len(body))),
                ("connection", "close"),
                *([("retry-after", "1")] if status is HTTPStatus.SERVICE_UNAVAILABLE else []),
            ]
            response = h11.Response(status_code=int(status), headers=headers, reason=status.phrase)
            for event in (response, h11.Data(data=body), h11.EndOfMessage()):
                self.transport.write(self.conn.send(event) or b"")
            self.metrics.count_answer(status)
        self.transport.close()
