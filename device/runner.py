"""Runs a bundle: text in, text out."""

import dataclasses
import time
from collections import defaultdict
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from seq2edge.device.batching import Job, in_length_groups
from seq2edge.device.bundle import read_bundle
from seq2edge.device.errors import TextError, UserError
from seq2edge.device.interpreter import TFLiteModel
from seq2edge.device.joining import Decoded, Joiner
from seq2edge.device.manifest import Manifest
from seq2edge.device.result import EMPTY, Result
from seq2edge.device.search.decoding import decode, decode_steps
from seq2edge.device.search.model import SequenceModel
from seq2edge.device.search.options import OPTIONS, DecodingOptions
from seq2edge.device.search.phrases import Phrases
from seq2edge.device.segmentation import split_text
from seq2edge.device.text import UNFINISHED, TextCodec

INPUT_IS_EMPTY = "the input is empty"


class Runner:
    """Answers texts with a model.

    Every method that decodes takes `options`, or single fields of `DecodingOptions` as keywords, or both; the keywords
    take precedence. Without options the bundle's defaults apply.

    Attributes:
        manifest: A `Bundle` if it was read from disk.

    Example:
        >>> runner = Runner.from_bundle("bundles/quickstart-int8")
        >>> runner.run("hello").text
        >>> runner.run("hello", beam=5, n_best=3).alternatives
    """

    def __init__(self, manifest: Manifest, model: SequenceModel, codec: TextCodec):
        self.manifest, self.model, self.codec = manifest, model, codec
        self.defaults = DecodingOptions(**manifest.decoding)
        self.joiner = Joiner(codec, manifest.fallback)

    @classmethod
    def from_bundle(cls, path: str | Path, threads: int = 1, num_interpreters: int = 1) -> "Runner":
        """Load a bundle. Any number of threads may use the runner at once.

        Args:
            threads: Of the runtime, for one sentence.
            num_interpreters: Number of sentences that are decoded at the same time.

        Raises:
            UserError: If the bundle is damaged, or no runtime is installed.
        """
        bundle = read_bundle(Path(path))
        try:
            codec = TextCodec(*bundle.tokenizers, bundle.normalisations)
        except (OSError, RuntimeError, ValueError) as error:
            raise UserError(f"{bundle.tokenizers[0]}: not a SentencePiece model: {error}") from None
        return cls(bundle, TFLiteModel(bundle, threads, num_interpreters), codec)

    def options(self, options: DecodingOptions | None = None, **changes: Any) -> DecodingOptions:
        """Decoding options that this model can use.

        Args:
            options: None: the bundle's defaults, with a beam of at least the `n_best` that is asked for.
            changes: Fields of `DecodingOptions` to replace.

        Raises:
            UserError: If a field is unknown, or a value is not allowed or more than the bundle offers.
        """
        if unknown := sorted(changes.keys() - OPTIONS.keys()):
            raise UserError(f"{', '.join(unknown)}: unknown decoding option; allowed are {', '.join(sorted(OPTIONS))}")
        if options is None:
            options, n_best = self.defaults, changes.get("n_best")
            if n_best is not None and "beam" not in changes and OPTIONS["n_best"].accepts(n_best):
                changes["beam"] = max(options.beam, n_best)
        if changes:
            options = dataclasses.replace(options, **changes)
        if options.max_length > self.manifest.target_length:
            raise UserError(
                f"max_length is {options.max_length}, the bundle writes at most {self.manifest.target_length} tokens"
            )
        self.model.check_beam(options.beam)
        return options

    def run(self, text: str, options: DecodingOptions | None = None, **changes: Any) -> Result:
        """Answer one text.

        Args:
            options, changes: As for `options`.

        Raises:
            TextError: If the text is empty or too long, or phrases are required of a text that has to be split.
            UserError: As `options`; or if phrases contradict each other.
        """
        started = time.perf_counter()
        ((_, result),) = self.run_each([text], options, **changes)
        if result is EMPTY:
            raise TextError(INPUT_IS_EMPTY)
        return dataclasses.replace(result, seconds=time.perf_counter() - started)

    def run_all(self, texts: Sequence[str], options: DecodingOptions | None = None, **changes: Any) -> list[Result]:
        """Answer many texts, in their order. The answer to an empty text is empty.

        Args and Raises as for `run`.
        """
        results = dict(self.run_each(texts, options, **changes))
        return [results[index] for index in range(len(texts))]

    def run_each(
        self, texts: Sequence[str], options: DecodingOptions | None = None, **changes: Any
    ) -> Iterator[tuple[int, Result]]:
        """Answer many texts and yield each with its index as soon as it is done, the short ones first.

        Segments of similar lengths are decoded together if the model can, and the interpreter sees each length once.

        Args and Raises as for `run`.
        """
        options = self.options(options, **changes)
        phrases = Phrases.of(options, self.codec)
        segments = [split_text(text, self.manifest, self.codec) for text in texts]
        if options.required and (number := max(map(len, segments), default=0)) > 1:
            raise TextError(f"required phrases: the text has to be split into {number} segments; send one sentence")
        jobs = [
            Job(index, place, segment, self.codec.encode_source(segment.text))
            for index, found in enumerate(segments)
            for place, segment in enumerate(found)
        ]
        yield from ((index, EMPTY) for index, found in enumerate(segments) if not found)
        done: dict[int, list[Decoded]] = defaultdict(list)
        for group in in_length_groups(jobs, self.model.max_batch_size):
            for decoded in self._decode(group, options, phrases):
                index = decoded.job.text
                done[index].append(decoded)
                if len(done[index]) == len(segments[index]):
                    in_order = sorted(done.pop(index), key=lambda one: one.job.place)
                    yield index, self.joiner.result(texts[index], in_order, options.n_best, options.required)

    def _decode(self, group: Sequence[Job], options: DecodingOptions, phrases: Phrases) -> Iterator[Decoded]:
        """Decode a batch of `in_length_groups`."""
        phrases = phrases.of_segment(group[0].place)
        started = time.perf_counter()
        found = decode(self.model, [job.source_ids for job in group], options, phrases)
        seconds = (time.perf_counter() - started) / len(group)
        for job, hypotheses in zip(group, found, strict=True):
            yield Decoded(job, hypotheses, seconds)

    def stream(self, text: str, options: DecodingOptions | None = None, **changes: Any) -> Iterator[str]:
        """Yield the growing answer after each step. Each text starts with the one before; the last is that of `run`.

        What a beam yields is what all its hypotheses agree on. Without options the search is greedy. Leaving the
        iterator cancels the search.

        Args and Raises as for `run`.
        """
        if options is None:
            changes.setdefault("beam", 1)
        options = self.options(options, **changes)
        phrases = Phrases.of(options, self.codec)
        segments = split_text(text, self.manifest, self.codec)
        if not segments:
            raise TextError(INPUT_IS_EMPTY)
        done: list[Decoded] = []
        for place, segment in enumerate(segments):
            job, shown = Job(0, place, segment, self.codec.encode_source(segment.text)), None
            before = self.joiner.text(done)
            steps = decode_steps(self.model, [job.source_ids], options, phrases.of_segment(place))
            while True:
                try:
                    (search,) = next(steps)
                except StopIteration as end:
                    done.append(Decoded(job, end.value[0]))
                    break
                if (agreed := search.agreed) != shown:
                    shown = agreed
                    growing = self.codec.decode_target(agreed).rstrip(UNFINISHED)
                    yield " ".join(text for text in (before, growing) if text)
        yield self.joiner.answer(text, done)
