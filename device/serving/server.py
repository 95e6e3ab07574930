"""Serves a bundle with uvicorn."""

import functools
import signal
import socket
import threading
from typing import Any

import uvicorn

from seq2edge.device.errors import UserError
from seq2edge.device.runners.interface import Runner
from seq2edge.device.serving.access import Access
from seq2edge.device.serving.app import build_app
from seq2edge.device.serving.limits import Limits
from seq2edge.device.serving.protocol import BoundedProtocol

BACKLOG = 1024  # connections that the system queues until the server accepts them
IDLE = 10  # seconds after which a connection without a request is closed
MOST_PORT = (1 << 16) - 1


class Server:
    """Serves a bundle at an address. It starts to listen when it is created.

    Args:
        address: Host and port; port 0: any free port.
        runner: Answers the texts.
        limits: Limits of requests.
        access: API keys and allowed origins.

    Attributes:
        url: URL of the server.

    Raises:
        UserError: If the server cannot listen at the address.

    Example:
        >>> import seq2edge
        >>> server = Server(("127.0.0.1", 0), seq2edge.load())
        >>> server.url
        'http://127.0.0.1:...'
        >>> server.run()  # doctest: +SKIP
    """

    def __init__(
        self, address: tuple[str, int], runner: Runner[Any], limits: Limits = Limits(), access: Access = Access()
    ):
        self.socket = _listening(*address)
        host = f"[{address[0]}]" if ":" in address[0] else address[0]
        self.url = f"http://{host}:{self.socket.getsockname()[1]}"
        app = build_app(runner, limits, access)
        config = uvicorn.Config(
            app,
            loop="asyncio",
            http=functools.partial(BoundedProtocol, limits, app.metrics),
            ws="none",
            lifespan="off",
            log_config=None,
            log_level="critical",  # requests may be private
            access_log=False,
            proxy_headers=False,
            server_header=False,
            backlog=BACKLOG,
            timeout_keep_alive=IDLE,
            timeout_graceful_shutdown=limits.drain,
        )
        self.server = uvicorn.Server(config)

    def run(self) -> None:
        """Answer requests until `stop`, SIGTERM or Ctrl-C; then finish requests in progress and return."""
        if threading.current_thread() is not threading.main_thread():
            self.server.run(sockets=[self.socket])
            return
        before = signal.signal(signal.SIGTERM, lambda *_: self.stop())  # uvicorn raises the signal again when it ends
        try:
            self.server.run(sockets=[self.socket])
        finally:
            signal.signal(signal.SIGTERM, before)

    def stop(self) -> None:
        """Make `run` return. Any thread may call this."""
        self.server.should_exit = True


def _listening(host: str, port: int) -> socket.socket:
    """Open a socket that listens.

    Raises:
        UserError: If this is not possible; the message names the address.
    """
    if not 0 <= port <= MOST_PORT:
        raise UserError(f"--port must be between 0 and {MOST_PORT}, got {port}")
    try:
        family, kind, protocol, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
        listening = socket.socket(family, kind, protocol)
        try:
            listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            listening.bind(address)
            listening.listen(BACKLOG)
        except OSError:
            listening.close()
            raise
    except (OSError, UnicodeError) as error:
        reason = getattr(error, "strerror", None) or error
        raise UserError(f"cannot listen on {host}:{port}: {reason}") from None
    return listening
