"""Ctrl-C and SIGTERM end a long command in order, also where they are ignored."""

import contextlib
import signal
import threading
from collections.abc import Iterator
from typing import Any

from seq2edge.device.errors import Terminated


def _terminate(*_: Any) -> None:
    raise Terminated


@contextlib.contextmanager
def ending_in_order() -> Iterator[None]:
    """Raise KeyboardInterrupt at Ctrl-C and `Terminated` at SIGTERM meanwhile.

    A shell without job control starts background commands with SIGINT ignored, and Ctrl-C could not stop them.
    """
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    handlers = {signal.SIGINT: signal.default_int_handler, signal.SIGTERM: _terminate}
    before = {number: signal.signal(number, handler) for number, handler in handlers.items()}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
