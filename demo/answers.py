"""Calls a runner, and turns its errors into notes in the visitor's language."""

from collections.abc import Generator, Iterator
from contextlib import contextmanager
from typing import Any

from seq2edge.demo.words import both, say
from seq2edge.device.deadline import Deadline, TimeoutExceededError
from seq2edge.device.errors import UserError
from seq2edge.device.inspection import Inspection
from seq2edge.device.processors.text import MAX_CHARACTERS, is_blank
from seq2edge.device.result import Result
from seq2edge.device.runners.interface import Runner

SECONDS = 10.0  # longest time for an answer


class RefusedError(Exception):
    """A mistake that the visitor can correct.

    Args:
        key: Key of the message in the language files.
        values: Values for the fields of the message.
    """

    def __init__(self, key: str, **values: Any):
        super().__init__(say(key, "en", **values))
        self.key, self.values = key, values

    def html(self) -> str:
        """Return the message as HTML in all languages, of which the page shows one."""
        return f'<p class="mistake" role="alert">{both(self.key, **self.values)}</p>'

    def text(self, language: str) -> str:
        """Return the message in one language."""
        return say(self.key, language, **self.values)


def check(text: str) -> None:
    """Raise a RefusedError if a text cannot be answered."""
    if is_blank(text):
        raise RefusedError("mistake_empty")
    if len(text) > MAX_CHARACTERS:
        raise RefusedError("mistake_long", characters=f"{len(text):,}", allowed=f"{MAX_CHARACTERS:,}")


def answer(runner: Runner[Any], source: str, **options: Any) -> Result:
    """Return the complete answer to a source.

    Raises:
        RefusedError: If the source cannot be answered, or not in time.
    """
    with _refusals():
        return runner.limited(Deadline(SECONDS)).run(source, **options)


def inspected(runner: Runner[Any], source: str, **options: Any) -> Inspection:
    """Return the inspection of the answer to a source. Errors are those of `answer`."""
    with _refusals():
        return runner.limited(Deadline(SECONDS)).inspect(source, **options)


def growing(runner: Runner[Any], source: str, **options: Any) -> Generator[str, None, Result]:
    """Yield the growing answer to a source, and return the complete result. Errors are those of `answer`."""
    with _refusals():
        return (yield from runner.limited(Deadline(SECONDS)).stream(source, **options))


@contextmanager
def _refusals() -> Iterator[None]:
    """Raise the errors of a runner as `RefusedError`."""
    try:
        yield
    except TimeoutExceededError:
        raise RefusedError("mistake_slow", seconds=f"{SECONDS:g}") from None
    except UserError as error:
        raise RefusedError("mistake_refused", message=str(error)) from None
