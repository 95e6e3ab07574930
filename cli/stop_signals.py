"""Ends long commands cleanly on Ctrl-C and SIGTERM, even where these signals were ignored."""

import contextlib
import signal
import threading
from collections.abc import Iterator
from typing import Any

from seq2edge.device import stop_request
from seq2edge.device.errors import Terminated


def _end(number: int, frame: Any) -> None:
    stop = Terminated() if number == signal.SIGTERM else KeyboardInterrupt()
    stop_request.request(stop)
    raise stop


@contextlib.contextmanager
def ending_in_order() -> Iterator[None]:
    """Raise KeyboardInterrupt on Ctrl-C and `Terminated` on SIGTERM inside the context.

    A shell without job control starts background commands with SIGINT ignored. Without this, Ctrl-C could not stop
    them.
    """
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    before = {number: signal.signal(number, _end) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield
    finally:
        stop_request.withdraw()
        for number, handler in before.items():
            signal.signal(number, handler)
