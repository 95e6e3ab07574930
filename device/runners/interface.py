"""What every runner offers."""

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
    """Answers sources. Any number of threads may use it at once.

    Every method that answers takes `options`, or single fields of the options as keywords, or both; the keywords take
    precedence. Without options the bundle's defaults apply.

    Attributes:
        OPTIONS: The fields of its options class, described for users.
        manifest: What the bundle says of the model.
        processor: What turns a source into features.
        runtime: Name and version of what runs the model; empty for a Keras model.
        guard: What answers before the model; None: nothing.
        has_memory: Whether a message may refer to the reply before (`seq2edge.device.turns`).
    """

    OPTIONS: ClassVar[Mapping[str, Option]]

    manifest: Manifest
    processor: SourceProcessor
    runtime: str
    guard: Guard | None = None
    has_memory: bool = False

    @abstractmethod
    def options(self, options: Options | None = None, **changes: Any) -> Options:
        """Options that this model can use.

        Args:
            options: None: the bundle's defaults.
            changes: Fields to replace.

        Raises:
            UserError: If a field is unknown, or a value is not allowed or more than the bundle offers.
        """

    @abstractmethod
    def run_each(
        self, sources: Sequence[Any], options: Options | None = None, **changes: Any
    ) -> Iterator[tuple[int, Result]]:
        """Answer many sources and yield each with its index as soon as it is done.

        Args and Raises as for `run`.
        """

    @abstractmethod
    def stream(self, source: Any, options: Options | None = None, **changes: Any) -> Generator[str, None, Result]:
        """Yield the answer as it grows, and return what `run` does. Each text extends the previous one; the last equals
        the text of the result.

        Args and Raises as for `run`.
        """

    def inspect(self, source: Any, options: Options | None = None, **changes: Any) -> Inspection:
        """Answer one source and show how the model found the answer.

        The search is traced, which takes longer than `run`; the answer is the same.

        Args and Raises as for `run`; also a UserError if the model writes no text.
        """
        raise UserError(f"a {self.manifest.task} model has no search to inspect")

    @abstractmethod
    def limited(self, deadline: Deadline) -> Self:
        """A runner of the same model that raises a `TimeoutExceededError` after the deadline."""

    def refuse_unknown(self, names: Iterable[str]) -> None:
        """Raise a UserError if one of the names is not an option of this model."""
        if unknown := sorted(set(names) - self.OPTIONS.keys()):
            raise UserError(
                f"{', '.join(unknown)}: not an option of a {self.manifest.task} model; allowed are "
                f"{', '.join(self.OPTIONS)}"
            )

    def run(self, source: Any, options: Options | None = None, **changes: Any) -> Result:
        """Answer one source.

        Args:
            options, changes: As for `options`.

        Returns:
            The answer. Its `text` is what a program shows.

        Raises:
            TextError: If the source is empty or too long.
            UserError: As `options`.
        """
        started = time.perf_counter()
        ((_, result),) = self.run_each([source], options, **changes)
        if result is EMPTY:
            raise TextError(INPUT_IS_EMPTY)
        return dataclasses.replace(result, seconds=time.perf_counter() - started)

    __call__ = run

    def run_all(self, sources: Sequence[Any], options: Options | None = None, **changes: Any) -> list[Result]:
        """Answer many sources, in their order. The answer to an empty source is empty.

        Args and Raises as for `run`.
        """
        results = dict(self.run_each(sources, options, **changes))
        return [results[index] for index in range(len(sources))]


def bundle_processor(bundle: Bundle[Manifest]) -> SourceProcessor:
    """The processor of a bundle's sources.

    Raises:
        UserError: If one of its files is damaged.
    """
    manifest: Any = bundle.manifest
    entry, task, vocabulary = manifest.processors["source"], TASKS[manifest.task], manifest.vocabulary["source"]
    return source_processor(SourceSpec(entry, bundle.path, manifest.source_length, task, manifest.files, vocabulary))
