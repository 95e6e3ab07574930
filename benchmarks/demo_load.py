"""Measures the demo with many visitors at once: speed, correct replies, and memory.

    python benchmarks/demo_load.py                                  50 visitors, two minutes
    python benchmarks/demo_load.py --visitors 20 --seconds 60

Serves the page with the bundled chat, and visits it over HTTP as a browser does. Each visitor has a session, sends a
message every five seconds, and reads the stream of events until the reply arrives. All visitors are in one niced
process, separate from that of the page. After a warm-up round, the result has

- `wrong`: number of conversations that differ from those of a visitor alone; `failed`: number of missing replies;
- `handler_p95_ms`: time of our functions, as Gradio measures it; `whole_p95_ms`: time from sending to the reply;
- `with_a_long_text`: the same for the other visitors while one sends 19,000 characters, and the time for that text;
- `memory_mb`: resident memory of the page before, four times during the two minutes, and at the end;
- `memory_mb_by_short_visits`: the same by the number of visitors who have sent two messages each, at full speed;
- `built_s`: time of a process that builds the page, and of one that only imports Gradio; median of five.
"""

import argparse
import asyncio
import json
import os
import random
import secrets
import socket
import statistics
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import httpx

from seq2edge.device.conversation import Conversation
from seq2edge.device.runners.load import load_runner
from seq2edge.device.shipped_bundle import SHIPPED

EVERY = 5.0  # seconds between messages of a visitor
STARTS = 5
SHORT_VISITS, AT_ONCE = 3_000, 6
LONG = ("tell me something about the weather in the mountains, please. " * 400)[:19_000]
MESSAGES = [
    "hello",
    "tell me a joke",
    "another one",
    "what can you do?",
    "i am bored",
    "이름이 뭐야?",
    "심심해",
    "고마워",
]
SERVE = """
from seq2edge.demo.app import DemoOptions, serve
from seq2edge.device.shipped_bundle import SHIPPED
serve([SHIPPED], DemoOptions(port=PORT))
"""
BUILD = """
from seq2edge.demo.app import build
from seq2edge.demo.loading import load
from seq2edge.device.shipped_bundle import SHIPPED
build(load([SHIPPED]))
"""


@dataclass
class Seen:
    """The results of visits. Times are in seconds."""

    whole: list[float] = field(default_factory=list)
    handler: list[float] = field(default_factory=list)
    wrong: int = 0
    failed: int = 0

    def as_json(self) -> dict[str, float]:
        return {
            "messages": len(self.whole),
            "wrong": self.wrong,
            "failed": self.failed,
            "handler_p95_ms": p95(self.handler),
            "whole_p50_ms": round(1000 * statistics.median(self.whole)),
            "whole_p95_ms": p95(self.whole),
            "whole_most_ms": round(1000 * max(self.whole)),
        }


def p95(seconds: list[float]) -> float:
    return round(1000 * sorted(seconds)[int(0.95 * len(seconds))])


class Answers:
    """The correct reply to each message, by the text that the message may refer to."""

    def __init__(self) -> None:
        self.runner, self.known = load_runner(SHIPPED), {}

    def reply(self, previous: str, text: str) -> tuple[str, str]:
        """Return the reply, and the text that the next message may refer to."""
        if (previous, text) not in self.known:
            result = self.runner.run(Conversation(self.runner, previous).source(text))
            self.known[previous, text] = result.text, result.previous
        return self.known[previous, text]


class Page:
    """The events of the chat that send and answer messages, with the values of its settings."""

    def __init__(self, address: str):
        self.address = address
        config = httpx.get(f"{address}/config").json()
        events = {one["api_name"]: one for one in config["dependencies"]}
        values = {one["id"]: one["props"].get("value") for one in config["components"]}
        self.add, self.answer = events["add"]["id"], events["answer_all"]["id"]
        self.settings = [None, *(values[one] for one in events["answer_all"]["inputs"][1:])]

    async def send(self, client: httpx.AsyncClient, session: str, text: str) -> tuple[list[str], float]:
        """Send a message. Returns all texts of the conversation, and the seconds that our functions took."""
        values = {"data": [json.dumps([text]), [], None], "fn_index": self.add, "session_hash": session}
        added = (await client.post(f"{self.address}/gradio_api/run/predict", json=values)).raise_for_status().json()
        values = {"data": self.settings, "fn_index": self.answer, "session_hash": session}
        (await client.post(f"{self.address}/gradio_api/queue/join", json=values)).raise_for_status()
        messages, seconds = await self._stream(client, session)
        texts = ["".join(part["text"] for part in one["content"]) for one in messages]
        return texts, added["duration"] + seconds

    async def _stream(self, client: httpx.AsyncClient, session: str) -> tuple[list, float]:
        seconds = 0.0
        where = f"{self.address}/gradio_api/queue/data"
        async with client.stream("GET", where, params={"session_hash": session}) as stream:
            async for line in stream.aiter_lines():
                said = json.loads(line.removeprefix("data:")) if line.startswith("data:") else {}
                seconds += (said.get("output") or {}).get("duration") or 0.0
                if said.get("msg") == "process_completed":
                    return said["output"]["data"][0], seconds
        raise RuntimeError("no reply came")


async def visit(page: Page, answers: Answers, seconds: float, seen: Seen) -> None:
    """Send messages at regular intervals for a number of seconds."""
    session, expected, previous = secrets.token_hex(8), [], ""
    async with httpx.AsyncClient(timeout=60) as client:
        end = time.perf_counter() + seconds
        await asyncio.sleep(random.uniform(0, EVERY))
        while time.perf_counter() < end:
            started, text = time.perf_counter(), random.choice(MESSAGES)
            reply, previous = answers.reply(previous, text)
            expected += [text, reply]
            try:
                texts, handler = await page.send(client, session, text)
                seen.whole.append(time.perf_counter() - started)
                seen.handler.append(handler)
                seen.wrong += texts != expected
            except (RuntimeError, httpx.HTTPError):
                seen.failed += 1
            await asyncio.sleep(max(0.0, started + EVERY - time.perf_counter()))


async def crowd(page: Page, answers: Answers, visitors: int, seconds: float) -> Seen:
    """Run many visitors at once."""
    seen = Seen()
    await asyncio.gather(*(visit(page, answers, seconds, seen) for _ in range(visitors)))
    return seen


async def crowd_and_long(page: Page, answers: Answers, visitors: int, seconds: float) -> dict[str, float]:
    """Run many visitors at once, one of whom sends a long text."""

    async def send_long() -> float:
        await asyncio.sleep(EVERY)
        started = time.perf_counter()
        async with httpx.AsyncClient(timeout=60) as client:
            await page.send(client, secrets.token_hex(8), LONG)
        return time.perf_counter() - started

    seen, took = await asyncio.gather(crowd(page, answers, visitors, seconds), send_long())
    return seen.as_json() | {"long_text_ms": round(1000 * took)}


async def crowd_and_memory(
    page: Page, answers: Answers, options: argparse.Namespace, process: int
) -> tuple[Seen, list[int]]:
    """Run many visitors at once, and measure the memory of the page in the meantime."""

    async def look() -> list[int]:
        found = []
        for _ in range(4):
            await asyncio.sleep(options.seconds / 4)
            found.append(memory_megabytes(process))
        return found

    seen, found = await asyncio.gather(crowd(page, answers, options.visitors, options.seconds), look())
    return seen, found


async def short_visits(page: Page, process: int) -> dict[int, int]:
    """Run visitors who send two messages each. Returns the memory of the page by the number of visitors so far."""
    found = {}

    async def visitor() -> None:
        session = secrets.token_hex(8)
        async with httpx.AsyncClient(timeout=60) as client:
            for text in random.sample(MESSAGES, 2):
                await page.send(client, session, text)

    for number in range(SHORT_VISITS // AT_ONCE):
        if number * AT_ONCE % (SHORT_VISITS // 6) < AT_ONCE:
            found[number * AT_ONCE] = memory_megabytes(process)
        await asyncio.gather(*(visitor() for _ in range(AT_ONCE)))
    return found | {SHORT_VISITS: memory_megabytes(process)}


def memory_megabytes(process: int) -> int:
    """Return the resident memory of a Linux process."""
    (line,) = (line for line in Path(f"/proc/{process}/status").read_text().splitlines() if line.startswith("VmRSS"))
    return round(int(line.split()[1]) / 1024)


def start_seconds(code: str) -> float:
    """Return the median time of a Python process that runs this code."""
    times = []
    for _ in range(STARTS):
        started = time.perf_counter()
        subprocess.run([sys.executable, "-c", code], check=True, capture_output=True)
        times.append(time.perf_counter() - started)
    return round(statistics.median(times), 2)


@contextmanager
def served() -> Iterator[tuple[str, int]]:
    """Serve a page. Yields its address and process id."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    process = subprocess.Popen(
        [sys.executable, "-c", SERVE.replace("PORT", str(port))], stderr=subprocess.PIPE, text=True
    )
    try:
        while "served at" not in process.stderr.readline():
            if process.poll() is not None:
                raise SystemExit("the page did not start")
        yield f"http://127.0.0.1:{port}", process.pid
    finally:
        process.terminate()
        process.wait()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--visitors", type=int, default=50)
    parser.add_argument("--seconds", type=float, default=120.0)
    options = parser.parse_args()
    result: dict[str, object] = {"import_gradio_s": start_seconds("import gradio"), "built_s": start_seconds(BUILD)}
    with served() as (address, process):
        os.nice(10)
        page, answers = Page(address), Answers()
        asyncio.run(crowd(page, answers, options.visitors, 2 * EVERY))
        memory = [memory_megabytes(process)]
        seen, during = asyncio.run(crowd_and_memory(page, answers, options, process))
        result["ordinary"] = seen.as_json()
        result["with_a_long_text"] = asyncio.run(crowd_and_long(page, answers, options.visitors, 6 * EVERY))
        result["memory_mb"] = [*memory, *during, memory_megabytes(process)]
    with served() as (address, process):
        result["memory_mb_by_short_visits"] = asyncio.run(short_visits(Page(address), process))
    print(json.dumps(result, indent=2))


if __name__ == "__main__":
    main()
