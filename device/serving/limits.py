"""Limits of requests to the server. Each field with a flag is also an option of `seq2edge serve`."""

import math
from dataclasses import dataclass, field, fields
from typing import Any

from seq2edge.device.errors import UserError


def _limit(default: float, flag: str, metavar: str, help: str) -> Any:
    """Define a field with a flag. The arguments are those of `add_argument`."""
    text = f"{help} (default: %(default)s)"
    return field(default=default, metadata={"flag": flag, "type": type(default), "metavar": metavar, "help": text})


@dataclass(frozen=True)
class Limits:
    """Limits of requests.

    Attributes:
        max_body_bytes: Maximum size of a body; a larger one is answered with 413.
        max_characters: Maximum number of characters of all texts in a request; more are answered with 400.
        timeout: Maximum seconds from the arrival of a request to its answer; after that the answer is 503.
        body_timeout: Maximum seconds for a request to arrive, and for a client to receive data that was sent to it.
        max_concurrent_requests: Maximum number of requests in progress or waiting; others are answered with 503.
        max_connections: Maximum number of open connections; others are answered with 503 and closed.
        drain: Maximum seconds for requests in progress to finish when the server stops.
        workers: Number of requests in progress; the others wait. It should be at least the number of interpreters of
            the runner. Many more workers slow down each request and speed up none.
    """

    max_body_bytes: int = _limit(100_000, "--max-body-bytes", "N", "maximum bytes of a request")
    max_characters: int = _limit(100_000, "--max-characters", "N", "maximum characters of all texts of a request")
    timeout: float = _limit(10.0, "--timeout", "S", "maximum seconds to answer a request")
    body_timeout: float = _limit(10.0, "--body-timeout", "S", "maximum seconds for a request to arrive")
    max_concurrent_requests: int = _limit(128, "--max-requests", "N", "maximum concurrent requests")
    max_connections: int = _limit(512, "--max-connections", "N", "maximum open connections")
    drain: float = _limit(15.0, "--drain", "S", "seconds to finish requests when stopped")
    workers: int = 8

    def check(self) -> None:
        """Check that the limits are positive and finite.

        Raises:
            UserError: Names the flag of a limit that is not allowed.
        """
        for one in fields(self):
            if "flag" in one.metadata and not 0 < (value := getattr(self, one.name)) < math.inf:
                raise UserError(f"{one.metadata['flag']} must be greater than 0, got {value}")
