"""Measures the speed and the peak memory of a bundle on this machine."""

import itertools
import os
import platform
import time
from collections import defaultdict
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from seq2edge.device.bundle import read_bundle
from seq2edge.device.processors.interface import source_length
from seq2edge.device.resources import peak_rss_megabytes
from seq2edge.device.runners.interface import Runner
from seq2edge.device.runners.load import load_runner
from seq2edge.device.tasks import TASKS, Target
from seq2edge.device.vectors.check import read_vectors

LENGTHS = (8, 16, 32, 64)  # upper limits of the groups by source tokens
# For each kind of target, the unit of the speed and the number of units in an answer.
UNITS: dict[Target, tuple[str, Callable[[str], int]]] = {
    "text": ("words", lambda answer: len(answer.split())),
    "label": ("texts", lambda answer: 1),
}


def bench(
    path: Path,
    threads: Sequence[int] = (1,),
    beam: int | None = None,
    rounds: int = 20,
    texts: Sequence[str] | None = None,
    sha256: str | None = None,
) -> dict[str, Any]:
    """Measure the speed and the peak memory of a bundle by answering texts repeatedly.

    Args:
        path: Folder of the bundle.
        threads: Numbers of runtime threads to measure.
        beam: Beam size of an encoder-decoder; None: the bundle's default.
        rounds: How often each text is answered.
        texts: Texts to answer; None: those of the bundle's test vectors.
        sha256: Expected digest of the bundle; None: any.

    Returns:
        A dict with bundle, runtime, machine, load_ms, size_mb and peak_memory_mb of the process; in threads, for each
        number of threads, words_per_second (texts_per_second for a classifier) and percentiles of the time per text in
        ms; in source_tokens the same percentiles by source length, for the first number of threads.

    Raises:
        UserError: If the bundle cannot be read or does not support this beam size.
    """
    started = time.perf_counter()
    runner = load_runner(path, threads[0], sha256=sha256)
    load = time.perf_counter() - started
    if texts is None:
        texts = [vector["text"] for vector in read_vectors(read_bundle(path, sha256=sha256))]
    options = runner.options() if beam is None else runner.options(beam=beam)
    seconds, speed = _measure(runner, texts, options, rounds)
    by_threads = {str(threads[0]): speed}
    for number in threads[1:]:
        _, by_threads[str(number)] = _measure(load_runner(path, number, sha256=sha256), texts, options, rounds)
    return {
        "bundle": path.name,
        "runtime": runner.runtime,
        "machine": f"{platform.machine()}, {os.cpu_count()} cores",
        **({"beam": options.beam} if "beam" in runner.OPTIONS else {}),
        "sentences": len(texts) * rounds,
        "load_ms": round(1000 * load, 1),
        "size_mb": round(sum(file["bytes"] for file in runner.manifest.files.values()) / 1e6, 2),
        "peak_memory_mb": round(peak_rss_megabytes(), 1),
        "threads": by_threads,
        "source_tokens": _by_length([source_length(runner.processor(text)) for text in texts], seconds),
    }


def _measure(
    runner: Runner[Any], texts: Sequence[str], options: Any, rounds: int
) -> tuple[list[list[float]], dict[str, float]]:
    """Return the seconds that each text took in each round, and the speed with percentiles of the time in ms."""
    for text in texts:  # the first run of each length allocates
        runner.run(text, options)
    seconds: list[list[float]] = [[] for _ in texts]
    unit, count = UNITS[TASKS[runner.manifest.task].target]
    units = 0
    for _ in range(rounds):
        for of_text, text in zip(seconds, texts, strict=True):
            result = runner.run(text, options)
            of_text.append(result.seconds)
            units += count(result.alternatives[0][0])
    of_all = list(itertools.chain.from_iterable(seconds))
    return seconds, {f"{unit}_per_second": round(units / sum(of_all), 1), **_percentiles(of_all)}


def _by_length(lengths: Sequence[int], seconds: Sequence[Sequence[float]]) -> dict[str, dict[str, float]]:
    """Percentiles of the time, grouped by source length."""
    groups: dict[str, list[float]] = defaultdict(list)
    for length, of_text in zip(lengths, seconds, strict=True):
        groups[_group(length)] += of_text
    return {group: _percentiles(groups[group]) for group in map(_group, LENGTHS) if groups[group]}


def _percentiles(seconds: Sequence[float]) -> dict[str, float]:
    values = np.percentile(seconds, [50, 95, 99])
    return {f"p{p}_ms": round(1000 * float(value), 2) for p, value in zip((50, 95, 99), values, strict=True)}


def _group(tokens: int) -> str:
    return next((f"up to {most}" for most in LENGTHS if tokens <= most), f"up to {LENGTHS[-1]}")
