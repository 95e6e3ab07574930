"""What requests to the server may cost. Each field is also an option of `seq2edge serve`."""

import math
from dataclasses import dataclass, field, fields
from typing import Any

from seq2edge.device.errors import UserError


def _limit(default: float, flag: str, metavar: str, help: str) -> Any:
    """A field with a flag; the arguments are those of `add_argument`."""
    text = f"{help} (default: %(default)s)"
    return field(default=default, metadata={"flag": flag, "type": type(default), "metavar": metavar, "help": text})


@dataclass(frozen=True)
class Limits:
    """What requests may cost.

    Attributes:
        max_body_bytes: Size of a body; a larger one is answered with 413.
        max_characters: Of all texts in a request together; more are answered with 400.
        timeout: Seconds in which a request must be answered once it has arrived; else the answer is 503.
        body_timeout: Seconds in which a request must arrive, and in which a client must take what it is sent.
        max_concurrent_requests: Answered or waiting at the same time; further ones are answered with 503.
        max_connections: Open at the same time; further ones are answered with 503 and closed.
        drain: Seconds that requests in progress have when the server is stopped.
        workers: Requests that are worked on at the same time, the others wait; not fewer than the runner has
            interpreters. With many more each takes longer, and none is done sooner.
    """

    max_body_bytes: int = _limit(100_000, "--max-body-bytes", "N", "bytes of a request")
    max_characters: int = _limit(100_000, "--max-characters", "N", "characters of all texts of a request")
    timeout: float = _limit(10.0, "--timeout", "S", "seconds to answer a request in")
    body_timeout: float = _limit(10.0, "--body-timeout", "S", "seconds for a request to arrive in")
    max_concurrent_requests: int = _limit(128, "--max-requests", "N", "requests at the same time")
    max_connections: int = _limit(512, "--max-connections", "N", "open connections")
    drain: float = _limit(15.0, "--drain", "S", "seconds to end requests in when stopped")
    workers: int = 8

    def check(self) -> None:
        """Refuse limits that are none.

        Raises:
            UserError: With the flag.
        """
        for one in fields(self):
            if "flag" in one.metadata and not 0 < (value := getattr(self, one.name)) < math.inf:
                raise UserError(f"{one.metadata['flag']} is {value}, allowed is more than 0")
