"""Attack on `serve`: unexpected requests over 127.0.0.1. Only POST /run and GET /health are assumed."""

import contextlib
import json
import random
import re
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from seq2edge.device.search.options import OPTIONS
from tests.attack.harness import CANARY, Case, Finding
from tests.attack.mutations import VALUES, damaged

SHARE = 0.1
SECONDS = 60  # in which a request must be answered or its connection closed
IN_JSON = [value for value in VALUES if not hasattr(value, "isoformat")]
METHODS = [
    "POST",
    "POST",
    "POST",
    "POST",
    "POST",
    "GET",
    "HEAD",
    "PUT",
    "DELETE",
    "OPTIONS",
    "TRACE",
    "X",
    "POST" * 50,
    "\x00",
]
PATHS = [
    "/run",
    "/run",
    "/run",
    "/run",
    "/health",
    "/",
    "/run/",
    "/run?x=1",
    "//run",
    "/../run",
    "/%00",
    "/run%0d%0ax",
    "*",
]
PATHS += ["/" + "a" * 70_000, "http://127.0.0.1/run", "/../../../../etc/hostname", "/health/../run", "/\xff", "", "run"]
HEADERS = ["Content-Length: 5", "Content-Length: -1", "Content-Length: 1e3", "Content-Length: " + "9" * 5000]
HEADERS += ["Transfer-Encoding: chunked", "Transfer-Encoding: gzip", "Expect: 100-continue", "Connection: close"]
HEADERS += ["Content-Type: text/plain", "Content-Encoding: gzip", "Origin: http://elsewhere", "X: " + "a" * 70_000]
HEADERS += ["Host: elsewhere", "Host:", "Upgrade: websocket", ": x", "no colon", "A: b\r\n continued", "X-\x00: \x00"]
HEADERS += ["Cookie: a=b", "Range: bytes=0-", "Connection: keep-alive, Upgrade", "Content-Length: 5, 5", "X: \xff"]
STATUS = re.compile(rb"HTTP/1\.[01] (\d{3})")


@dataclass
class Served:
    """A server in a separate process."""

    process: subprocess.Popen[bytes]
    port: int
    errors: Path

    def check(self) -> None:
        """Raise a finding if the server does not answer."""
        if self.process.poll() is not None:
            raise Finding(f"the server ended with {self.process.returncode}: {self.said()[-500:]}")
        answer = exchange(self.port, b"GET /health HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n")
        if b" 200 " not in answer[:20]:
            raise Finding(f"/health answers {answer[:100]!r}")
        if "Traceback" in (said := self.said()):
            self.errors.write_text("")  # so that the next case is not blamed
            raise Finding(f"the server shows a traceback: {said[-700:]}")

    def said(self) -> str:
        return self.errors.read_text(encoding="utf-8", errors="replace")


def start(workspace: Path, options: Any) -> Served:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    errors = workspace / f"server-{port}.txt"
    command = [sys.executable, "-m", "seq2edge.cli.main", "serve", str(options.bundles[0]), "--port", str(port)]
    with errors.open("a") as file:
        process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=file, stderr=file)
    deadline = time.monotonic() + 300
    while time.monotonic() < deadline and process.poll() is None:
        with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), 1):
            break
        time.sleep(0.2)
    served = Served(process, port, errors)
    served.check()
    return served


def stop(state: Served) -> None:
    state.process.terminate()
    try:
        state.process.wait(60)
    except subprocess.TimeoutExpired:
        state.process.kill()
        state.process.wait()


def attack(state: Served, case: Case) -> str:
    content, is_whole = _request(case.draw)
    answer = exchange(state.port, content, is_whole)
    state.check()
    if CANARY.encode() in answer or b"Traceback" in answer:
        raise Finding(f"it answers {answer[:500]!r}")
    found = STATUS.match(answer.removeprefix(b"HTTP/1.1 100 Continue\r\n\r\n"))
    if not found:
        if is_whole:
            raise Finding(f"no answer to {content[:300]!r}, but {answer[:100]!r}")
        return "closed"
    status = int(found[1])
    if status >= 500 and status not in (501, 503, 505):
        raise Finding(f"{status} to {content[:300]!r}: {answer[-300:]!r}")
    if is_whole and status == 200 and not answer.rstrip().endswith(b"}"):
        raise Finding(f"200 without JSON to {content[:300]!r}: {answer[-300:]!r}")
    return str(status)


def exchange(port: int, content: bytes, is_whole: bool = True) -> bytes:
    """Send bytes, and return the answer of a server until it closes the connection.

    A client that sends no more after part of a request says so; after a whole one that would mean that it has left.
    """
    said, deadline = bytearray(), time.monotonic() + SECONDS
    with socket.create_connection(("127.0.0.1", port), SECONDS) as connection:
        with contextlib.suppress(OSError):
            connection.sendall(content)
            if not is_whole:
                connection.shutdown(socket.SHUT_WR)
        connection.settimeout(1)
        while time.monotonic() < deadline:
            try:
                chunk = connection.recv(65536)
            except TimeoutError:
                continue
            except ConnectionResetError:
                return bytes(said)
            if not chunk:
                return bytes(said)
            said += chunk
    raise Finding(f"no end of the answer after {SECONDS} seconds to {content[:300]!r}")


def _request(draw: random.Random) -> tuple[bytes, bool]:
    """The bytes of a request, and whether it is one that must be answered."""
    if draw.random() < 0.5:
        body = _body(draw)
        head = f"POST /run HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\nContent-Length: {len(body)}\r\n"
        return head.encode() + b"Connection: close\r\n\r\n" + body, True
    body = draw.choice([b"", _body(draw), b"5\r\nhello\r\n0\r\n\r\n", b"ffffffffffffffffff\r\n", b"-1\r\n"])
    lines = [
        f"{draw.choice(METHODS)} {draw.choice(PATHS)} {draw.choice(['HTTP/1.1'] * 5 + ['HTTP/1.0', 'HTTP/2', '', 'X'])}"
    ]
    lines += draw.choices(HEADERS, k=draw.choice([0, 1, 2, 3]))
    lines += ["Host: a"] if draw.random() < 0.8 else []
    lines += [f"Content-Length: {len(body) + draw.choice([0, 0, 0, 1, -1, 10**9])}"] if draw.random() < 0.7 else []
    lines += [f"X-{number}: a" for number in range(500)] if draw.random() < 0.03 else []
    content = "\r\n".join(lines).encode("latin-1", "replace") + draw.choice([b"\r\n\r\n"] * 6 + [b"\n\n", b"\r\n", b""])
    content += body
    if draw.random() < 0.2:
        content = damaged(content, draw)[:200_000]
    return content, False


def _body(draw: random.Random) -> bytes:
    kind = draw.random()
    if kind < 0.1:
        return draw.choice(
            [b"[" * 50_000, b'{"text": ' * 5000, b"9" * 5000, b'"' + b"a" * 90_000, b"\xff\xfe{", b"NaN"]
        )
    values: dict[str, Any] = {"text": "good morning"} if kind < 0.6 else {"texts": ["good morning", "", "심심해"]}
    for name in draw.sample(list(OPTIONS), draw.choice([0, 1, 1, 2, 3])):
        values[name] = draw.choice([*_likely(OPTIONS[name].type), *IN_JSON])
    for name in draw.sample(["text", "texts", "previous", "attention", "new"], draw.choice([0, 0, 1])):
        values[name] = draw.choice(IN_JSON)
    body = json.dumps(values).encode("utf-8", "surrogatepass")
    return damaged(body, draw)[:150_000] if draw.random() < 0.2 else body


def _likely(kind: type) -> Iterator[Any]:
    """Values of the right type, for many of the draws."""
    yield from {int: [1, 2, 5, 64], float: [0.1, 1.0, 50.0, 1e3], bool: [True], str: ["a", "Good"]}.get(
        kind, [["a"], ["b"] * 99]
    ) * 6
