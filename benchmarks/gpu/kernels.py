"""Measures the kernels of an update with JAX's profiler."""

import collections
import gzip
import json
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import jax

UPDATES = 5
LONGEST = 10  # number of kernels that are named


def kernel_times(update: Callable[[Any], Any], state: Any) -> dict[str, Any]:
    """Return the number of kernels in an update, the share of time that the device is busy, and the longest kernels."""
    events = _trace(update, state)
    processes = {event["pid"]: event["args"]["name"] for event in events if event.get("name") == "process_name"}
    threads = {
        (event["pid"], event["tid"]): event["args"]["name"] for event in events if event.get("name") == "thread_name"
    }
    kernels = [
        event
        for event in events
        if event.get("ph") == "X"
        and "GPU" in processes.get(event["pid"], "")
        and "Stream" in threads.get((event["pid"], event["tid"]), "")
    ]
    if not kernels:
        return {"found": f"no kernels; the trace is of {', '.join(sorted(processes.values())) or 'nothing'}"}
    microseconds: collections.Counter[str] = collections.Counter()
    for event in kernels:
        microseconds[event["name"]] += event["dur"]
    busy = sum(microseconds.values())
    span = max(event["ts"] + event["dur"] for event in kernels) - min(event["ts"] for event in kernels)
    return {
        "per_update": round(len(kernels) / UPDATES),
        "busy": round(busy / span, 3),
        "ms_per_update": round(span / 1e3 / UPDATES, 2),
        "us_per_kernel": round(busy / len(kernels), 2),
        "longest_ms_per_update": {name: round(us / 1e3 / UPDATES, 3) for name, us in microseconds.most_common(LONGEST)},
    }


def _trace(update: Callable[[Any], Any], state: Any) -> list[dict[str, Any]]:
    """Record the events of a few updates, in Chrome's trace format."""
    with tempfile.TemporaryDirectory() as folder:
        with jax.profiler.trace(folder):
            for _ in range(UPDATES):
                state = update(state)
            jax.block_until_ready(state)
        traces = list(Path(folder).rglob("*.trace.json.gz"))
        return json.loads(gzip.decompress(traces[0].read_bytes()))["traceEvents"] if traces else []
