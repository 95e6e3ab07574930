"""Runs the cases of a surface in a separate process, so that crashes and hangs are findings too."""

import multiprocessing
import shutil
import sys
import traceback
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from multiprocessing.connection import Connection
from pathlib import Path
from types import ModuleType
from typing import Any

from tests.attack import bundles, init_files, lines, recipes, requests
from tests.attack.harness import Case, Finding

SURFACES: dict[str, ModuleType] = {
    "init": init_files,
    "recipes": recipes,
    "bundles": bundles,
    "run": lines,
    "serve": requests,
}
HANG = 240  # seconds that a case may take, on a machine that does other things as well
MEMORY = 12 << 30  # bytes of address space


@dataclass(frozen=True)
class Options:
    """What is attacked.

    Attributes:
        bundles: Folders of bundles.
        keep: Keep the files of all cases, and not of findings alone.
    """

    bundles: tuple[Path, ...]
    keep: bool = False


@dataclass
class Result:
    """Counts of the outcomes of a surface, and its findings."""

    outcomes: Counter[str] = field(default_factory=Counter)
    findings: list[str] = field(default_factory=list)


def attack_surface(name: str, seed: int, numbers: Iterable[int], workspace: Path, options: Options) -> Result:
    """Run cases of a surface, and print each finding with the command that repeats it."""
    result, worker = Result(), Worker(name, seed, workspace, options)
    for number in numbers:
        outcome = worker.run(number)
        is_finding = outcome.startswith("FOUND")
        result.outcomes["finding" if is_finding else outcome] += 1
        if is_finding:
            found = f"python -m tests.attack --seed {seed} --surface {name} --case {number}: {outcome}"
            result.findings.append(found)
            print(found, file=sys.stderr, flush=True)
    worker.stop()
    return result


class Worker:
    """A process that runs cases one after the other, and is replaced when it crashes or hangs."""

    def __init__(self, name: str, seed: int, workspace: Path, options: Options):
        self.given = name, seed, workspace, options
        self.process: Any = None

    def run(self, number: int) -> str:
        if self.process is None:
            context = multiprocessing.get_context("fork")
            self.connection, theirs = context.Pipe()
            self.process = context.Process(target=_work, args=(theirs, *self.given))
            self.process.start()
            theirs.close()
        self.connection.send(number)
        try:
            if self.connection.poll(HANG):
                return self.connection.recv()
            self.process.kill()
            return self._end(f"FOUND: it hangs for more than {HANG} seconds")
        except (EOFError, ConnectionResetError):
            return self._end("FOUND: it crashes the process")

    def _end(self, why: str) -> str:
        self.process.join()
        code, self.process = self.process.exitcode, None
        return f"{why} (exit code {code})"

    def stop(self) -> None:
        if self.process is not None:
            self.connection.send(None)
            self.process.join(120)
            self.process.kill()


def _work(connection: Connection, name: str, seed: int, workspace: Path, options: Options) -> None:
    import resource

    if name != "bundles":  # whose checks in other processes have a limit of their own
        resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
    surface = SURFACES[name]
    state = surface.start(workspace, options)
    try:
        while (number := connection.recv()) is not None:
            connection.send(_run(surface, state, (name, seed, number, workspace), options.keep))
    finally:
        getattr(surface, "stop", lambda state: None)(state)


def _run(surface: ModuleType, state: Any, given: tuple[str, int, int, Path], keep: bool) -> str:
    case = Case.of(*given)
    try:
        outcome = surface.attack(state, case)
    except Finding as finding:
        return f"FOUND: {finding}"
    except Exception:
        return f"FOUND: {' | '.join(traceback.format_exc().strip().splitlines()[-8:])}"
    finally:
        if not keep:
            shutil.rmtree(case.folder.parent, ignore_errors=True)
    return outcome
