"""Runs requests in a bounded number of threads."""

import asyncio
import time
from collections.abc import AsyncIterator, Callable, Generator
from concurrent.futures import ThreadPoolExecutor
from typing import Any, TypeVar

from seq2edge.device.deadline import Deadline
from seq2edge.device.serving.limits import Limits
from seq2edge.device.serving.metrics import Metrics

Value = TypeVar("Value")


class FullError(Exception):
    """The maximum number of concurrent requests is reached."""


class Places:
    """A limited number of places for concurrent requests.

    Args:
        limits: `max_concurrent_requests` is the number of places. `workers` requests run at once; others wait in order.
        metrics: Counts the busy time.
    """

    def __init__(self, limits: Limits, metrics: Metrics):
        self.free, self.seconds, self.metrics = limits.max_concurrent_requests, limits.timeout, metrics
        self.threads = ThreadPoolExecutor(limits.workers, thread_name_prefix="answers")

    async def run(self, work: Callable[[Deadline], Value], gone: asyncio.Future[Any]) -> Value:
        """Run a function in a worker thread and return its result. The work stops if the client disconnects.

        Args:
            work: The function; it takes a deadline.
            gone: A future that is done when the client has disconnected.

        Raises:
            FullError: If there is no free place.
        """
        deadline = Deadline(self.seconds)
        working = self._start(lambda: work(deadline))
        try:
            await asyncio.wait((working, gone), return_when=asyncio.FIRST_COMPLETED)
            if not working.done():
                deadline.stop()
            return await working
        finally:
            deadline.stop()

    async def iterate(self, work: Callable[[Deadline], Generator[Value, None, None]]) -> AsyncIterator[Value]:
        """Run a generator in a worker thread and yield its values. Errors as for `run`. Closing this stops the work."""
        deadline, found = Deadline(self.seconds), asyncio.Queue[tuple[Any, BaseException | None]]()
        loop = asyncio.get_running_loop()

        def work_through() -> None:
            end: BaseException = StopAsyncIteration()
            try:
                for value in work(deadline):
                    loop.call_soon_threadsafe(found.put_nowait, (value, None))
            except BaseException as error:  # raised again by the consumer below
                end = error
            loop.call_soon_threadsafe(found.put_nowait, (None, end))

        self._start(work_through)
        try:
            while True:
                value, end = await found.get()
                if isinstance(end, StopAsyncIteration):
                    return
                if end is not None:
                    raise end
                yield value
        finally:
            deadline.stop()

    def _start(self, work: Callable[[], Value]) -> "asyncio.Future[Value]":
        """Run a function in a worker thread; it occupies a place until it is done."""
        if self.free <= 0:
            raise FullError
        self.free -= 1
        started = time.perf_counter()

        def leave(done: "asyncio.Future[Value]") -> None:
            self.free += 1
            self.metrics.count("busy_seconds_total", time.perf_counter() - started)
            if not done.cancelled():
                done.exception()  # else asyncio logs that the exception was never retrieved

        working = asyncio.get_running_loop().run_in_executor(self.threads, work)
        working.add_done_callback(leave)
        return working
