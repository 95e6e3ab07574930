"""Connects the processes of a distributed training, and detects within seconds when one is lost.

JAX transfers everything that processes compute and compare (`collectives`). But it has three shortcomings:

- It does not report which process has not started, or that two have the same number.
- It notices only after minutes, by missing heartbeats, that a process has stopped, and does not pass on the reason.
- The other processes wait in a collective operation for ever, or are aborted with a C++ stack trace.

So each process also keeps a TCP connection to process 0. A closed connection means that a process is lost. Process 0
tells the others, and each of them ends, even while it waits in a collective operation.
"""

import contextlib
import json
import socket
import socketserver
import threading
import time
from collections.abc import Callable, Iterable, Sequence
from types import TracebackType
from typing import Any

from seq2edge.device.errors import UserError

ARRIVAL_TIMEOUT = 45.0  # seconds within which every process must connect
NOTICE_TIMEOUT = 5.0  # seconds to wait after a failed collective operation for a message that a process is lost
# A machine that loses power does not close its connections. The system closes them after 15 + 4 · 5 seconds of silence.
KEEP_ALIVE = {"TCP_KEEPIDLE": 15, "TCP_KEEPINTVL": 5, "TCP_KEEPCNT": 4, "TCP_USER_TIMEOUT": 35_000}


class ProcessLostError(UserError):
    """A process has not started, has stopped, or is lost. The training can be resumed."""


def parse_hosts(text: str, process: int | None) -> tuple[list[str], int]:
    """Parse the addresses "HOST:PORT,HOST,…". Returns them and the index of this process among them.

    Raises:
        UserError: If there are fewer than two addresses, the first has no port, or the index is out of range.
    """
    addresses = [address.strip() for address in text.split(",")]
    if len(addresses) < 2 or not all(addresses):
        raise UserError(f"--hosts must be two or more addresses, HOST:PORT,HOST,…, got {text}")
    _, colon, port = addresses[0].rpartition(":")
    if not colon or not port.isdigit() or not 0 < int(port) < 65535:
        raise UserError(
            f"--hosts must begin with an address and a port between 1 and 65534, such as HOST:9000, got {text}"
        )
    if process is None or not 0 <= process < len(addresses):
        raise UserError(
            f"--process must be this machine's place in --hosts, between 0 and {len(addresses) - 1}, got {process}"
        )
    return addresses, process


class Hosts:
    """The processes of a training, as a context manager. It is entered when all have connected, and left when all have
    finished.

    Args:
        addresses: One address per process. The first has the port on which process 0 listens. JAX uses the next port.
        process: Index of this process.
        give_up: Called from another thread, with a message, if a process is lost. It must end this process, which may
            be waiting for the lost one.

    Raises:
        ProcessLostError: If a process does not connect in time, or if a computation here fails because a process ended.
    """

    def __init__(self, addresses: Sequence[str], process: int, give_up: Callable[[str], None]):
        self.addresses, self.process, self.give_up = list(addresses), process, give_up
        host, _, port = self.addresses[0].rpartition(":")
        self.first_host, self.port = host, int(port)
        self._leaving = False
        self._ended = threading.Event()  # all have finished, or one is lost
        self._loss = ""

    @property
    def first(self) -> bool:
        """Whether this is process 0, which scores and writes the run."""
        return self.process == 0

    def name(self, process: int) -> str:
        """Return the name of a process in messages."""
        return _name(self.addresses, process)

    def __enter__(self) -> "Hosts":
        self._hub = _Hub(self.addresses, self.port) if self.first else None
        self._connection = self._connect()
        messages = self._connection.makefile("rb")
        _send(self._connection, {"process": self.process})
        if self._hub and not self._hub.complete.wait(ARRIVAL_TIMEOUT):
            self._hub.refuse_missing()
        if loss := self._next_loss(messages):
            self._connection.close()
            raise ProcessLostError(loss)
        threading.Thread(target=self._watch, args=[messages], daemon=True).start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._leaving = True
        if kind is None:
            _send(self._connection, {"done": True})
            self._ended.wait()  # JAX needs every process until the last one has finished
        elif not self._ended.is_set():
            # A computation fails if a process is missing. The loss of that process is the better error to report.
            if issubclass(kind, Exception) and not issubclass(kind, UserError) and self._ended.wait(NOTICE_TIMEOUT):
                raise ProcessLostError(self._loss) from error
            reason = str(error).split("\n")[0] or kind.__name__
            if self._hub:  # called directly, because the hub's threads end with this process
                self._hub.lose(f"{self.name(0)} has stopped: {reason}")
            _send(self._connection, {"stopped": reason})
        self._connection.close()
        if self._hub:
            self._hub.close()

    def _connect(self) -> socket.socket:
        deadline = time.monotonic() + ARRIVAL_TIMEOUT
        while True:
            try:
                connection = socket.create_connection((self.first_host, self.port), timeout=NOTICE_TIMEOUT)
            except OSError as error:
                if time.monotonic() > deadline:
                    raise ProcessLostError(
                        f"{self.name(0)} cannot be reached within {ARRIVAL_TIMEOUT:.0f} seconds: "
                        f"{error.strerror or error}"
                    ) from None
                time.sleep(0.5)
            else:
                connection.settimeout(None)
                _keep_alive(connection)
                return connection

    def _next_loss(self, messages: Iterable[bytes]) -> str:
        """Wait for the next message of process 0. Returns which process is lost, or "" if none is."""
        with contextlib.suppress(OSError):
            for line in messages:
                return json.loads(line)["lost"]
        return f"{self.name(0)} is gone"

    def _watch(self, messages: Iterable[bytes]) -> None:
        self._loss = self._next_loss(messages)
        self._ended.set()
        if self._loss and not self._leaving:
            self.give_up(self._loss)


class _Hub:
    """The part of process 0 that listens to all processes, and tells them what has happened.

    It sends a message {"lost": ""} when all have connected and when all have finished, and {"lost": name of the process
    and reason} when one is lost.
    """

    def __init__(self, addresses: list[str], port: int):
        self.addresses = addresses
        self.lock = threading.Lock()
        self.connections: dict[int, socket.socket] = {}
        self.complete = threading.Event()  # all have connected
        self.done: set[int] = set()
        self.over = False
        hub = self

        class Handler(socketserver.StreamRequestHandler):
            def handle(self) -> None:
                hub.listen(self.request, self.rfile)

        class Server(socketserver.ThreadingTCPServer):
            allow_reuse_address, daemon_threads = True, True

        try:
            self.server = Server(("", port), Handler)
        except OSError as error:
            raise UserError(f"--hosts {addresses[0]}: cannot listen on port {port}: {error.strerror}") from None
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def listen(self, connection: socket.socket, messages: Iterable[bytes]) -> None:
        """Read the messages of one process: its number, then that it has finished or why it has stopped."""
        _keep_alive(connection)
        process: int | None = None
        end = "is gone"
        with contextlib.suppress(OSError, ValueError, TypeError, KeyError):  # another program may have connected
            for line in messages:
                message = json.loads(line)
                if process is None:
                    number = int(message["process"])
                    if not 0 <= number < len(self.addresses) or not self.arrive(number, connection):
                        return
                    process = number
                elif "done" in message:
                    self.finish(process)
                else:
                    end = f"has stopped: {message['stopped']}"
                    break
        if process is not None and process not in self.done:
            self.lose(f"{_name(self.addresses, process)} {end}")

    def arrive(self, process: int, connection: socket.socket) -> bool:
        with self.lock:
            if process in self.connections:
                name = _name(self.addresses, process)
                _send(connection, {"lost": f"{name} is already connected; give each process its own --process"})
                return False
            self.connections[process] = connection
            if len(self.connections) == len(self.addresses):
                self.complete.set()
                self._tell_all("")
        return True

    def finish(self, process: int) -> None:
        with self.lock:
            self.done.add(process)
            if len(self.done) == len(self.addresses) and not self.over:
                self.over = True
                self._tell_all("")

    def refuse_missing(self) -> None:
        missing = [_name(self.addresses, i) for i in range(len(self.addresses)) if i not in self.connections]
        self.lose(f"{', '.join(missing)} did not connect within {ARRIVAL_TIMEOUT:.0f} seconds")

    def lose(self, loss: str) -> None:
        """Tell all processes which one is lost. Only the first loss is reported, because it causes the others."""
        with self.lock:
            if not self.over:
                self.over = True
                self._tell_all(loss)

    def _tell_all(self, loss: str) -> None:
        for connection in self.connections.values():
            _send(connection, {"lost": loss})

    def close(self) -> None:
        self.server.shutdown()
        self.server.server_close()


def _name(addresses: Sequence[str], process: int) -> str:
    return f"process {process} ({addresses[process]})"


def _send(connection: socket.socket, message: dict[str, Any]) -> None:
    with contextlib.suppress(OSError):  # the thread that reads this connection notices that it is closed
        connection.sendall(json.dumps(message).encode() + b"\n")


def _keep_alive(connection: socket.socket) -> None:
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
    for option, value in KEEP_ALIVE.items():
        if hasattr(socket, option):  # systems support different options
            connection.setsockopt(socket.IPPROTO_TCP, getattr(socket, option), value)
