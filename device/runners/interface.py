"""Interface of runners."""

import dataclasses
import time
from abc import ABC, abstractmethod
from collections.abc import Generator, Iterable, Iterator, Mapping, Sequence
from typing import Any, ClassVar, Generic, Self, TypeVar

from seq2edge.device.bundle import Bundle
from seq2edge.device.deadline import Deadline
from seq2edge.device.errors import TextError, UserError
from seq2edge.device.guard import Guard
from seq2edge.device.inspection import Inspection
from seq2edge.device.manifests.common import Manifest
from seq2edge.device.option import Option
from seq2edge.device.processors.interface import SourceProcessor, SourceSpec
from seq2edge.device.processors.registry import source_processor
from seq2edge.device.result import EMPTY, Result
from seq2edge.device.tasks import TASKS

INPUT_IS_EMPTY = "the input is empty"

Options = TypeVar("Options")


class Runner(ABC, Generic[Options]):
    """Answers sources with a model. Any number of threads may use a runner at once.

    All methods that answer take `options`, or single fields of the options as keywords, or both; keywords take
    precedence. Without options the defaults of the bundle apply.

    Attributes:
        OPTIONS: Descriptions of the options by name.
        manifest: Manifest of the bundle.
        processor: Converts sources to features.
        runtime: Name and version of the runtime; empty for a Keras model.
        guard: Answers some messages instead of the model; None if there is no guard.
        has_memory: Whether messages may refer to the previous reply (`seq2edge.device.turns`).
    """

    OPTIONS: ClassVar[Mapping[str, Option]]

    manifest: Manifest
    processor: SourceProcessor
    runtime: str
    guard: Guard | None = None
    has_memory: bool = False

    @abstractmethod
    def options(self, options: Options | None = None, **changes: Any) -> Options:
        """Build and check the options for this model.

        Args:
            options: Options to start from; None: the defaults of the bundle.
            changes: Fields to replace.

        Returns:
            The complete options.

        Raises:
            UserError: If a field is unknown, or a value is not allowed or not supported by the bundle.
        """

    def guarded(self, source: Any) -> Result | None:
        """Return the answer of the guard to a source; None if the model answers."""
        return None

    @abstractmethod
    def run_each(
        self, sources: Sequence[Any], options: Options | None = None, **changes: Any
    ) -> Iterator[tuple[int, Result]]:
        """Answer many sources and yield the index and the result of each as soon as it is done.

        Arguments and errors are those of `run`.
        """

    @abstractmethod
    def stream(self, source: Any, options: Options | None = None, **changes: Any) -> Generator[str, None, Result]:
        """Yield the answer as it grows, then return the result.

        Each text extends the previous one, and the last one equals the text of the result. Arguments and errors are
        those of `run`.
        """

    def inspect(self, source: Any, options: Options | None = None, **changes: Any) -> Inspection:
        """Answer one source and record how the model found the answer.

        The answer is the same as that of `run`, but tracing the search takes longer. Arguments and errors are those of
        `run`.

        Raises:
            UserError: Also if the model has no search.
        """
        raise UserError(f"a {self.manifest.task} model has no search to inspect")

    @abstractmethod
    def limited(self, deadline: Deadline) -> Self:
        """Return a runner of the same model that raises a `TimeoutExceededError` after the deadline."""

    def refuse_unknown(self, names: Iterable[str]) -> None:
        """Raise a `UserError` if one of the names is not an option of this model."""
        if unknown := sorted(set(names) - self.OPTIONS.keys()):
            raise UserError(
                f"{', '.join(unknown)}: not an option of a {self.manifest.task} model; its options are "
                f"{', '.join(self.OPTIONS)}"
            )

    def run(self, source: Any, options: Options | None = None, **changes: Any) -> Result:
        """Answer one source.

        Args:
            source: The source, such as a text.
            options, changes: As for `options`.

        Returns:
            The result. Its `text` is the answer to show.

        Raises:
            TextError: If the source is empty or too long.
            UserError: As for `options`.
        """
        started = time.perf_counter()
        ((_, result),) = self.run_each([source], options, **changes)
        if result is EMPTY:
            raise TextError(INPUT_IS_EMPTY)
        return dataclasses.replace(result, seconds=time.perf_counter() - started)

    __call__ = run

    def run_all(self, sources: Sequence[Any], options: Options | None = None, **changes: Any) -> list[Result]:
        """Answer many sources and return the results in order. The answer to an empty source is empty.

        Arguments and errors are those of `run`.
        """
        results = dict(self.run_each(sources, options, **changes))
        return [results[index] for index in range(len(sources))]


def bundle_processor(bundle: Bundle[Manifest]) -> SourceProcessor:
    """Build the source processor of a bundle.

    Raises:
        UserError: If a file of the processor is damaged.
    """
    manifest: Any = bundle.manifest
    entry, task, vocabulary = manifest.processors["source"], TASKS[manifest.task], manifest.vocabulary["source"]
    return source_processor(SourceSpec(entry, bundle.path, manifest.source_length, task, manifest.files, vocabulary))
