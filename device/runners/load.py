"""Loads the runner of a bundle."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

from seq2edge.device.bundle import Bundle, read_bundle
from seq2edge.device.runners.classification import ClassificationRunner
from seq2edge.device.runners.interface import Runner
from seq2edge.device.runners.seq2seq import Seq2SeqRunner
from seq2edge.device.shipped_bundle import SHIPPED
from seq2edge.device.tasks import TASKS, Family

RUNNERS: dict[Family, Callable[[Bundle[Any], int, int], Runner[Any]]] = {
    "seq2seq": Seq2SeqRunner.from_bundle,
    "classification": ClassificationRunner.from_bundle,
}


def load_runner(
    path: str | Path | None = None, threads: int = 1, num_interpreters: int = 1, sha256: str | None = None
) -> Runner[Any]:
    """Load a bundle. Any number of threads may use the runner at once.

    Args:
        path: Folder of the bundle; None: the bundle that is installed with seq2edge.
        threads: Number of threads of the runtime for one source.
        num_interpreters: Number of sources that can be answered at the same time.
        sha256: Expected digest of the bundle, as printed by `seq2edge info`; None: any.

    Returns:
        The runner of the bundle. Call it with a source to answer the source.

    Example:
        >>> runner = load_runner()
        >>> runner("good morning").text
        'Good morning! I hope your day starts well.'
        >>> list(runner.stream("good morning"))[-1]
        'Good morning! I hope your day starts well.'

    Raises:
        UserError: If the bundle is damaged or has another digest, or no runtime is installed.
    """
    return runner_of(read_bundle(SHIPPED if path is None else Path(path), sha256=sha256), threads, num_interpreters)


def runner_of(bundle: Bundle[Any], threads: int = 1, num_interpreters: int = 1) -> Runner[Any]:
    """Build the runner of a bundle. Arguments and errors are those of `load_runner`."""
    return RUNNERS[TASKS[bundle.manifest.task].family](bundle, threads, num_interpreters)
