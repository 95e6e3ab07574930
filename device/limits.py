"""What a request to the server may cost.

A field with a flag is also an option of the command line; its metadata are the arguments of `add_argument`.
"""

from dataclasses import dataclass, field


@dataclass(frozen=True)
class Limits:
    """What a request may cost.

    Attributes:
        max_body_bytes: Size of its body; a larger one is answered with 413.
        timeout: Seconds until it must be answered; else the answer is 503.
        max_concurrent_requests: Further ones are answered with 503.
    """

    max_body_bytes: int = field(
        default=100_000,
        metadata={
            "flag": "--max-body-bytes",
            "type": int,
            "metavar": "N",
            "help": "maximum size of a request in bytes (default: %(default)s)",
        },
    )
    timeout: float = field(
        default=10.0,
        metadata={
            "flag": "--timeout",
            "type": float,
            "metavar": "SECONDS",
            "help": "time in which a request must be answered (default: %(default)s)",
        },
    )
    max_concurrent_requests: int = field(
        default=32,
        metadata={
            "flag": "--max-requests",
            "type": int,
            "metavar": "N",
            "help": "maximum number of concurrent requests (default: %(default)s)",
        },
    )
