"""Answers of a runner, with what the reader did wrong as a note in the reader's language."""

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

SECONDS = 10.0  # that an answer may take


class RefusedError(Exception):
    """Something that the reader can change, and is told so.

    Args:
        key: Of the text in the language files.
        values: What fills its braces.
    """

    def __init__(self, key: str, **values: Any):
        super().__init__(say(key, "en", **values))
        self.key, self.values = key, values

    def html(self) -> str:
        """In all languages, of which the page shows one."""
        return f'<p class="mistake" role="alert">{both(self.key, **self.values)}</p>'

    def text(self, language: str) -> str:
        """In one language."""
        return say(self.key, language, **self.values)


def check(text: str) -> None:
    """Raise a RefusedError if a text cannot be answered."""
    if is_blank(text):
        raise RefusedError("mistake_empty")
    if len(text) > MAX_CHARACTERS:
        raise RefusedError("mistake_long", characters=f"{len(text):,}", allowed=f"{MAX_CHARACTERS:,}")


def answer(runner: Runner[Any], source: str, **options: Any) -> Result:
    """The whole answer to a source.

    Raises:
        RefusedError: If it cannot be answered, or not in time.
    """
    with _refusals():
        return runner.limited(Deadline(SECONDS)).run(source, **options)


def inspected(runner: Runner[Any], source: str, **options: Any) -> Inspection:
    """The answer to a source and how it came about; errors as for `answer`."""
    with _refusals():
        return runner.limited(Deadline(SECONDS)).inspect(source, **options)


def growing(runner: Runner[Any], source: str, **options: Any) -> Generator[str, None, Result]:
    """The answer to a source as it grows, and at last the whole of it; errors as for `answer`."""
    with _refusals():
        return (yield from runner.limited(Deadline(SECONDS)).stream(source, **options))


@contextmanager
def _refusals() -> Iterator[None]:
    """Tell the reader of a runner's errors."""
    try:
        yield
    except TimeoutExceededError:
        raise RefusedError("mistake_slow", seconds=f"{SECONDS:g}") from None
    except UserError as error:
        raise RefusedError("mistake_refused", message=str(error)) from None
