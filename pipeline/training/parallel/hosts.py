"""Several processes that train one model: each knows the others, and learns within seconds that one is gone.

JAX's own coordination ends a process with an abort when another is lost, and cannot say which or why; so the processes
also hold a connection to process 0, over which they agree on recipe and data and hear of each other's end.
"""

import contextlib
import json
import queue
import socket
import socketserver
import threading
import time
from collections.abc import Callable, Sequence
from types import TracebackType
from typing import Any

from seq2edge.device.errors import UserError

ARRIVAL = 45.0  # seconds within which every process has to come
NOTICE = 5.0  # seconds in which a failed collective operation is explained by somebody's end
# A machine without power sends no farewell: 15 + 4 · 5 seconds until the system gives a silent connection up.
KEEP_ALIVE = {"TCP_KEEPIDLE": 15, "TCP_KEEPINTVL": 5, "TCP_KEEPCNT": 4, "TCP_USER_TIMEOUT": 35_000}


class ProcessLostError(UserError):
    """A process that did not come, has stopped, or is gone; its training can be gone on with."""


def parse_hosts(text: str, process: int | None) -> tuple[list[str], int]:
    """Addresses of "HOST:PORT,HOST,…" and the number of this process among them.

    Raises:
        UserError: If there are fewer than two, the first one lacks its port, or the number is none of theirs.
    """
    addresses = [address.strip() for address in text.split(",")]
    if len(addresses) < 2 or not all(addresses):
        raise UserError(f"--hosts {text}: expected two or more addresses, HOST:PORT,HOST,…")
    _, colon, port = addresses[0].rpartition(":")
    if not colon or not port.isdigit() or not 0 < int(port) < 65535:
        raise UserError(f"--hosts {text}: the first address needs a port from 1 to 65534, as {addresses[0]}:9000")
    if process is None or not 0 <= process < len(addresses):
        raise UserError(f"--process {process}: expected this machine's place in --hosts, 0 to {len(addresses) - 1}")
    return addresses, process


class Hosts:
    """This process among the others, as a context: entered when all have come, left when all are through.

    Args:
        addresses: One a process; the first with the port on which process 0 listens. The next port is JAX's.
        process: Number of this process.
        give_up: Called from another thread with a line when a process is lost while this one computes; it has to end
            the process, which may be waiting for the lost one for ever.
    """

    def __init__(self, addresses: Sequence[str], process: int, give_up: Callable[[str], None]):
        self.addresses, self.process, self.give_up = list(addresses), process, give_up
        host, _, port = self.addresses[0].rpartition(":")
        self.first_host, self.port = host, int(port)
        self._answers: queue.Queue[list[dict[str, Any]]] = queue.Queue()
        self._lost = threading.Event()
        self._reason = ""
        self._waiting = self._leaving = False

    @property
    def first(self) -> bool:
        """Whether this is process 0, which scores and writes the run."""
        return self.process == 0

    def __enter__(self) -> "Hosts":
        self._hub = _Hub(self.addresses, self.port) if self.first else None
        self._connection = self._connect()
        threading.Thread(target=self._listen, daemon=True).start()
        self._send({"process": self.process})
        try:
            self._wait()
        except UserError:
            self._connection.close()
            raise
        return self

    def exchange(self, values: dict[str, Any]) -> list[dict[str, Any]]:
        """Everybody's values, in the order of the processes; waits until all have called it.

        Raises:
            ProcessLostError: If one of them is gone.
        """
        self._send({"values": values})
        return self._wait()

    def agree(self, subject: str, values: dict[str, Any]) -> None:
        """Go on only if these values are the same everywhere.

        Raises:
            UserError: If not, with both values of each that differs.
        """
        values = json.loads(json.dumps(values))  # as they come back: lists for tuples
        everybody = self.exchange(values)
        differing = [
            f"{key} is {everybody[0].get(key)!r} at {self.name(0)} and {there.get(key)!r} at {self.name(process)}"
            for process, there in enumerate(everybody)
            for key in sorted(everybody[0].keys() | there.keys())
            if there.get(key) != everybody[0].get(key)
        ]
        if differing:
            self._leaving = True  # as all of them are: nobody is lost
            raise UserError(f"the processes disagree about the {subject}: " + "; ".join(differing))

    def name(self, process: int) -> str:
        return _name(self.addresses, process)

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._leaving = True
        if kind is None:
            self._send({"done": True})
            with contextlib.suppress(UserError):  # one that fails after this one is through
                self._wait()
        elif not self._lost.is_set():
            # Computing together fails when another process ends; its end is the better reason.
            if issubclass(kind, Exception) and kind is not UserError and self._lost.wait(NOTICE):
                raise ProcessLostError(self._reason) from error
            reason = str(error).split("\n")[0] or kind.__name__
            if self._hub:  # at once: its threads end with this process
                self._hub.lose(f"{self.name(0)} has stopped: {reason}")
            self._send({"stopped": reason})
        self._connection.close()
        if self._hub:
            self._hub.close()

    def _connect(self) -> socket.socket:
        deadline = time.monotonic() + ARRIVAL
        while True:
            try:
                connection = socket.create_connection((self.first_host, self.port), timeout=NOTICE)
            except OSError as error:
                if time.monotonic() > deadline:
                    raise ProcessLostError(
                        f"{self.name(0)} cannot be reached within {ARRIVAL:.0f} seconds: {error.strerror or error}"
                    ) from None
                time.sleep(0.5)
            else:
                connection.settimeout(None)
                _keep_alive(connection)
                return connection

    def _send(self, message: dict[str, Any]) -> None:
        _tell(self._connection, message)

    def _wait(self) -> list[dict[str, Any]]:
        self._waiting = True
        while not self._lost.is_set() or not self._answers.empty():
            with contextlib.suppress(queue.Empty):
                answer = self._answers.get(timeout=0.2)
                self._waiting = False
                return answer
        raise ProcessLostError(self._reason)

    def _listen(self) -> None:
        """Take process 0's messages until one says that it is over, or the connection does."""
        reason = f"{self.name(0)} is gone"
        with contextlib.suppress(OSError), self._connection.makefile("rb") as lines:
            for line in lines:
                message = json.loads(line)
                if "lost" in message:
                    reason = message["lost"]
                    break
                self._answers.put(message["everybody"])
        self._reason = reason
        self._lost.set()
        if not self._waiting and not self._leaving:
            self.give_up(reason)


class _Hub:
    """In process 0: passes to everybody what everybody says, and tells all of a process that has gone."""

    def __init__(self, addresses: list[str], port: int):
        self.addresses = addresses
        self.lock = threading.Lock()
        self.connections: dict[int, socket.socket] = {}
        self.said: dict[int, dict[str, Any]] = {}
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
            raise UserError(f"--hosts {addresses[0]}: port {port} cannot be listened on: {error.strerror}") from None
        threading.Thread(target=self.server.serve_forever, daemon=True).start()
        self.timer = threading.Timer(ARRIVAL, self.miss)
        self.timer.daemon = True
        self.timer.start()

    def listen(self, connection: socket.socket, lines: Any) -> None:
        """Take one process' messages, from the one that says which it is to its last."""
        _keep_alive(connection)
        process: int | None = None
        reason = ""
        with contextlib.suppress(OSError, ValueError, TypeError, KeyError):  # a stranger's bytes
            for line in lines:
                message = json.loads(line)
                if process is None:
                    number = int(message["process"])
                    if not 0 <= number < len(self.addresses) or not self.arrive(number, connection):
                        return
                    process = number
                if "stopped" in message:
                    reason = message["stopped"]
                    break
                self.say(process, message)
        if process is not None:
            with self.lock:
                through = "done" in self.said.get(process, {})
            if not through:
                self.lose(f"{_name(self.addresses, process)} " + (f"has stopped: {reason}" if reason else "is gone"))

    def arrive(self, process: int, connection: socket.socket) -> bool:
        with self.lock:
            if process in self.connections:
                line = f"{_name(self.addresses, process)} is there already; give each process its own --process"
                _tell(connection, {"lost": line})
                return False
            self.connections[process] = connection
            if len(self.connections) == len(self.addresses):
                self.timer.cancel()
        return True

    def say(self, process: int, message: dict[str, Any]) -> None:
        with self.lock:
            self.said[process] = message
            if len(self.said) < len(self.addresses):
                return
            everybody = [self.said[i].get("values", {}) for i in range(len(self.addresses))]
            self.over = all("done" in said for said in self.said.values())
            if not self.over:
                self.said.clear()
            for connection in self.connections.values():
                _tell(connection, {"everybody": everybody})

    def miss(self) -> None:
        missing = [_name(self.addresses, i) for i in range(len(self.addresses)) if i not in self.connections]
        self.lose(f"{', '.join(missing)} did not come within {ARRIVAL:.0f} seconds")

    def lose(self, line: str) -> None:
        """Tell everybody that it is over, once: what follows is only its consequence."""
        with self.lock:
            if self.over:
                return
            self.over = True
            for connection in self.connections.values():
                _tell(connection, {"lost": line})

    def close(self) -> None:
        self.timer.cancel()
        self.server.shutdown()
        self.server.server_close()


def _name(addresses: list[str], process: int) -> str:
    return f"process {process} ({addresses[process]})"


def _tell(connection: socket.socket, message: dict[str, Any]) -> None:
    with contextlib.suppress(OSError):  # who listens at this end says that the other one is gone
        connection.sendall(json.dumps(message).encode() + b"\n")


def _keep_alive(connection: socket.socket) -> None:
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
    for option, value in KEEP_ALIVE.items():
        if hasattr(socket, option):  # they differ between systems
            connection.setsockopt(socket.IPPROTO_TCP, getattr(socket, option), value)
