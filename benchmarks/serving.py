"""Measures the server under load: requests per second, latency, errors, slow request bodies, shutdown, and memory.

    python benchmarks/serving.py                                          the installed chatbot, for a minute
    python benchmarks/serving.py bundles/multi30k-en-de-int8 --seconds 10
    python benchmarks/serving.py --requests 100000                        also measures memory over 100,000 requests
    python benchmarks/serving.py --command "python other_server.py"       also measures another server

The servers are started one after the other on a free port of this machine, and print their address to standard error.
First, 50 clients with one connection each send one text after the other. Then they do the same while 32 request bodies
arrive one byte at a time. Last, the server gets SIGTERM while three requests are in progress. An answer counts as wrong
if it differs from the first answer to the same text.
"""

import argparse
import asyncio
import json
import re
import shlex
import statistics
import sys
import time
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

CLIENTS, SLOW, LAST, SAMPLES = 50, 32, 3, 10
TEXTS = ["good morning", "how are you?", "tell me a joke", "what is the weather like?", "thank you", "안녕하세요"]
SLOW_HEAD = b"POST /run HTTP/1.1\r\nHost: here\r\nContent-Length: 90000\r\n\r\n"
PATIENCE = 30.0  # seconds that a client waits for a connection and an answer
DRIP = 2.0  # seconds between the bytes of a slow body
BATCH = {"texts": TEXTS * 16}  # takes long enough to be in progress when the signal arrives


@dataclass
class Load:
    """The results of the clients."""

    times: list[float] = field(default_factory=list)
    counts: Counter[str] = field(default_factory=Counter)

    def summary(self, seconds: float) -> dict[str, Any]:
        cuts = statistics.quantiles(self.times, n=100) if len(self.times) > 1 else [0.0] * 99
        return {
            "answered": len(self.times),
            "per_second": round(len(self.times) / seconds, 1),
            "p50_ms": round(1000 * cuts[49], 1),
            "p95_ms": round(1000 * cuts[94], 1),
            "p99_ms": round(1000 * cuts[98], 1),
            **{name: self.counts[name] for name in ("refused", "no_answer", "lost", "reset", "wrong")},
        }


class Client:
    """Sends one text after the other on a connection, which it reopens if it is lost."""

    def __init__(self, port: int, load: Load, known: dict[str, str]):
        self.port, self.load, self.known = port, load, known
        self.streams: tuple[asyncio.StreamReader, asyncio.StreamWriter] | None = None

    async def ask(self, values: dict[str, Any]) -> None:
        started = time.perf_counter()
        try:
            async with asyncio.timeout(PATIENCE):
                if self.streams is None:
                    self.streams = await asyncio.open_connection("127.0.0.1", self.port)
                status, body = await exchange(*self.streams, post(values))
        except (ConnectionError, TimeoutError) as error:
            self._lose("reset" if isinstance(error, ConnectionError) else "no_answer")
        except asyncio.IncompleteReadError:
            self._lose("lost")
        else:
            if status != 200:
                self.load.counts["refused"] += 1
                return
            self.load.times.append(time.perf_counter() - started)
            for text, result in zip(texts_of(values), body["results"], strict=True):
                self.load.counts["wrong"] += self.known.setdefault(text, result["text"]) != result["text"]

    def _lose(self, how: str) -> None:
        self.load.counts[how] += 1
        self.close()

    def close(self) -> None:
        if self.streams:
            self.streams[1].close()
            self.streams = None


def texts_of(values: dict[str, Any]) -> list[str]:
    return values.get("texts") or [values["text"]]


def post(values: dict[str, Any]) -> bytes:
    body = json.dumps(values).encode()
    return b"POST /run HTTP/1.1\r\nHost: here\r\nContent-Length: %d\r\n\r\n%s" % (len(body), body)


async def exchange(
    reader: asyncio.StreamReader, writer: asyncio.StreamWriter, request: bytes
) -> tuple[int, dict[str, Any]]:
    """Send a request. Returns the status and the JSON of the response."""
    writer.write(request)
    head = await reader.readuntil(b"\r\n\r\n")
    length = re.search(rb"(?i)content-length: (\d+)", head)
    body = await reader.readexactly(int(length[1]) if length else 0)
    return int(head.split()[1]), json.loads(body)


async def ask_for(port: int, seconds: float, known: dict[str, str]) -> dict[str, Any]:
    """Run many clients for a number of seconds, and return the results."""
    load, ends = Load(), time.perf_counter() + seconds

    async def ask_on(number: int) -> None:
        client = Client(port, load, known)
        while time.perf_counter() < ends:
            await client.ask({"text": TEXTS[(number + len(load.times)) % len(TEXTS)]})
        client.close()

    await asyncio.gather(*map(ask_on, range(CLIENTS)))
    return load.summary(seconds)


async def drip(port: int) -> None:
    """Send a request body one byte at a time, and start again when the server closes the connection."""
    while True:
        try:
            _, writer = await asyncio.open_connection("127.0.0.1", port)
            writer.write(SLOW_HEAD)
            while not writer.is_closing():
                writer.write(b" ")
                await writer.drain()
                await asyncio.sleep(DRIP)
        except ConnectionError:
            await asyncio.sleep(DRIP)


async def ask_beside_slow_bodies(port: int, seconds: float, known: dict[str, str]) -> dict[str, Any]:
    slow = [asyncio.create_task(drip(port)) for _ in range(SLOW)]
    await asyncio.sleep(0.5)
    found = await ask_for(port, seconds, known)
    for task in slow:
        task.cancel()
    await asyncio.gather(*slow, return_exceptions=True)
    return found


async def memory_over(port: int, process: int, requests: int, known: dict[str, str]) -> dict[str, Any]:
    """Return the resident memory in MB after each tenth of the requests."""
    load = Load()
    megabytes = [resident_megabytes(process)]
    clients = [Client(port, load, known) for _ in range(CLIENTS)]
    for _ in range(SAMPLES):
        for first in range(0, requests // SAMPLES, CLIENTS):
            asked = [client.ask({"text": TEXTS[(first + n) % len(TEXTS)]}) for n, client in enumerate(clients)]
            await asyncio.gather(*asked)
        megabytes.append(resident_megabytes(process))
    for client in clients:
        client.close()
    return {"requests": requests, "megabytes": megabytes} | dict(load.counts)


def resident_megabytes(process: int) -> float:
    status = Path(f"/proc/{process}/status").read_text(encoding="utf-8")
    return round(int(re.search(r"VmRSS:\s+(\d+)", status)[1]) / 1024, 1)  # type: ignore[index]


async def end(process: asyncio.subprocess.Process, port: int) -> dict[str, Any]:
    """Send SIGTERM while requests are in progress."""
    load = Load()
    asked = [asyncio.create_task(Client(port, load, {}).ask(BATCH)) for _ in range(LAST)]
    await asyncio.sleep(0.1)
    before, started = len(load.times), time.perf_counter()
    process.terminate()
    await asyncio.gather(*asked)
    status = await asyncio.wait_for(process.wait(), 60)
    seconds = round(time.perf_counter() - started, 2)
    return {"answered_before": before, "answered": len(load.times), "seconds": seconds, "status": status} | load.counts


async def measure(command: list[str], seconds: float, requests: int) -> dict[str, Any]:
    """Start a server, and measure it."""
    process = await asyncio.create_subprocess_exec(*command, stderr=asyncio.subprocess.PIPE)
    assert process.stderr
    try:
        while not (port := re.search(rb"http://[\d.]+:(\d+)", await process.stderr.readline())):
            if process.returncode is not None:
                raise SystemExit(f"{shlex.join(command)} has ended")
        known: dict[str, str] = {}
        found = {"clients": await ask_for(int(port[1]), seconds, known)}
        found["beside_slow_bodies"] = await ask_beside_slow_bodies(int(port[1]), seconds, known)
        if requests:
            found["memory"] = await memory_over(int(port[1]), process.pid, requests, known)
        found["sigterm"] = await end(process, int(port[1]))
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()
    return found


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("bundle", nargs="?", help="folder of the bundle (default: the installed chatbot)")
    parser.add_argument("--seconds", type=float, default=60, help="duration of each load (default: 60)")
    parser.add_argument("--requests", type=int, default=0, help="number of requests of the memory test (default: none)")
    parser.add_argument("--command", action="append", default=[], help="command of another server; may be repeated")
    arguments = parser.parse_args()
    ours = [sys.executable, "-m", "seq2edge.cli.main", "serve", *filter(None, [arguments.bundle]), "--port", "0"]
    for command in [ours, *map(shlex.split, arguments.command)]:
        found = asyncio.run(measure(command, arguments.seconds, arguments.requests))
        print(json.dumps({"command": shlex.join(command)} | found), flush=True)


if __name__ == "__main__":
    main()
