"""How fast a bundle is on this machine, and how much memory it takes."""

import json
import resource
import statistics
import sys
import time
from pathlib import Path
from typing import Any

from seq2edge.device.runner import Runner


def bench(path: Path, threads: int = 1, beam: int | None = None, rounds: int = 20) -> dict[str, Any]:
    """Answer the bundle's own test vectors again and again.

    Returns:
        load_ms, p50_ms and p95_ms a sentence, words_per_second, peak_memory_mb of the process, size_mb, and what it
        was measured with.
    """
    started = time.perf_counter()
    runner = Runner.from_bundle(path, threads)
    load = time.perf_counter() - started
    texts = [v["text"] for v in json.loads((path / "vectors.json").read_text(encoding="utf-8"))["vectors"]]
    for text in texts:  # the first run of a length allocates
        runner.run(text, beam)
    seconds, words = [], 0
    for _ in range(rounds):
        for text in texts:
            result = runner.run(text, beam)
            seconds.append(result.seconds)
            words += len(result.alternatives[0][0].split())
    ordered = sorted(seconds)
    kilobytes = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / (1024 if sys.platform == "darwin" else 1)
    return {
        "bundle": path.name,
        "runtime": getattr(runner.model, "runtime", ""),
        "threads": threads,
        "beam": beam or runner.bundle.decoding["beam"],
        "sentences": len(seconds),
        "load_ms": round(1000 * load, 1),
        "p50_ms": round(1000 * statistics.median(seconds), 2),
        "p95_ms": round(1000 * ordered[int(0.95 * (len(ordered) - 1))], 2),
        "words_per_second": round(words / sum(seconds), 1),
        "peak_memory_mb": round(kilobytes / 1024, 1),
        "size_mb": round(sum(file["bytes"] for file in runner.bundle.files.values()) / 1e6, 2),
    }
