"""Loads the bundles of a page. A bundle that cannot be loaded is listed with the reason."""

import os
import statistics
import sys
import traceback
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from seq2edge.device.errors import UserError
from seq2edge.device.json_types import JsonType
from seq2edge.device.runners.interface import Runner
from seq2edge.device.runners.load import load_runner
from seq2edge.device.shipped_bundle import SHIPPED
from seq2edge.device.tasks import TASKS, Task
from seq2edge.device.terminal import printable, write

INTERPRETERS = 4  # number of sources that a bundle answers at the same time
SHIPPED_NAME = "quickstart"
WARM_UP = "hello"
TIMED_RUNS = 3


@dataclass(frozen=True)
class Loaded:
    """A loaded bundle.

    Attributes:
        key: Unique name of the bundle on this page.
        megabytes: Size of all its files.
        milliseconds: Time to answer a short text on this machine.
    """

    key: str
    path: Path
    runner: Runner[Any]
    megabytes: float
    milliseconds: float

    @property
    def task(self) -> Task:
        """The task that the bundle was trained for."""
        return TASKS[self.runner.manifest.task]

    @property
    def scores(self) -> dict[str, float]:
        """Its scores that are numbers, by name; empty if the bundle was exported without scores."""
        given = self.runner.manifest.scores.get("bundle")
        is_number = JsonType.of(float).accepts
        return {name: value for name, value in given.items() if is_number(value)} if isinstance(given, dict) else {}

    @property
    def main_score(self) -> float | None:
        """The main metric of its task; None if the bundle was exported without scores."""
        return self.scores.get(self.task.main_metric)

    @property
    def languages(self) -> list[str]:
        """Codes of its languages, without duplicates."""
        return list(dict.fromkeys(self.runner.manifest.languages))


@dataclass(frozen=True)
class Failed:
    """A bundle that could not be loaded, with the reason."""

    key: str
    path: Path
    reason: str


@dataclass(frozen=True)
class Shelf:
    """The bundles of a page, in the order they were given."""

    loaded: tuple[Loaded, ...]
    failed: tuple[Failed, ...] = field(default=())

    def __getitem__(self, key: str) -> Loaded:
        return next(one for one in self.loaded if one.key == key)

    def tasks(self) -> list[Task]:
        """The tasks of the bundles, without duplicates."""
        return list(dict.fromkeys(one.task for one in self.loaded))

    def of_task(self, task: Task) -> list[Loaded]:
        """Return the bundles of a task."""
        return [one for one in self.loaded if one.task is task]

    def writers(self) -> list[Loaded]:
        """The bundles that generate text, whose search can be inspected."""
        return [one for one in self.loaded if one.task.target == "text"]

    def reverse_of(self, one: Loaded) -> Loaded | None:
        """Return a bundle of the same task for the opposite direction, or None."""
        languages = one.runner.manifest.languages
        if len(set(languages)) < 2:
            return None
        turned = languages[::-1]
        return next((other for other in self.of_task(one.task) if other.runner.manifest.languages == turned), None)


def load(paths: Sequence[Path]) -> Shelf:
    """Load bundles. A bundle that cannot be loaded does not prevent the others from loading.

    If that is a fault of this program, its traceback is printed to standard error.
    """
    loaded, failed = [], []
    for key, path in zip(_keys(paths), paths, strict=True):
        try:
            loaded.append(_load(key, path))
        except (UserError, OSError) as error:
            failed.append(Failed(key, path, printable(str(error))))
        except Exception:
            write(traceback.format_exc(), file=sys.stderr, end="")
            reason = f"{path}: internal error; please report it with the traceback on standard error"
            failed.append(Failed(key, path, printable(reason)))
    return Shelf(tuple(loaded), tuple(failed))


def _load(key: str, path: Path) -> Loaded:
    runner = load_runner(path, num_interpreters=INTERPRETERS)
    size = sum(entry["bytes"] for entry in runner.manifest.files.values())
    return Loaded(key, path, runner, size / 1e6, _milliseconds(runner))


def _milliseconds(runner: Runner[Any]) -> float:
    """Return the median time of an answer, after a first one for which the runtime allocates memory."""
    runner.run(WARM_UP)
    return 1000 * statistics.median(runner.run(WARM_UP).seconds for _ in range(TIMED_RUNS))


def _keys(paths: Sequence[Path]) -> Iterator[str]:
    """Yield the names of the folders. Repeated names get a number."""
    seen: set[str] = set()
    for path in paths:
        real = Path(os.path.realpath(path))  # unlike `Path.resolve`, also for a link to itself
        name = printable(SHIPPED_NAME if path == SHIPPED else real.name or str(path))
        key = next(name_ for number in range(1, len(paths) + 1) if (name_ := _numbered(name, number)) not in seen)
        seen.add(key)
        yield key


def _numbered(name: str, number: int) -> str:
    return name if number == 1 else f"{name} ({number})"
