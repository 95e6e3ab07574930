"""The runner of encoder-decoders: any source in, text out."""

import dataclasses
import functools
import itertools
import time
from collections import defaultdict
from collections.abc import Generator, Iterator, Mapping, Sequence
from typing import Any, ClassVar

from seq2edge.device.batching import Job, in_length_groups
from seq2edge.device.bundle import Bundle
from seq2edge.device.deadline import Deadline, LimitedSequenceModel
from seq2edge.device.errors import TextError, UserError
from seq2edge.device.guard import FILE as GUARD
from seq2edge.device.guard import Guard
from seq2edge.device.inspection import Inspection, inspection_of
from seq2edge.device.joining import Decoded, Joiner
from seq2edge.device.manifests.seq2seq import Seq2SeqManifest
from seq2edge.device.option import Option
from seq2edge.device.processors.interface import SourceProcessor
from seq2edge.device.result import EMPTY, Result
from seq2edge.device.runners.interface import INPUT_IS_EMPTY, Runner, bundle_processor
from seq2edge.device.search.decoding import decode, decode_steps
from seq2edge.device.search.model import SequenceModel
from seq2edge.device.search.options import OPTIONS, DecodingOptions
from seq2edge.device.search.phrases import Phrases
from seq2edge.device.search.traced_search import decode_traced
from seq2edge.device.target_tokenizer import TargetTokenizer
from seq2edge.device.tflite_seq2seq import TFLiteModel
from seq2edge.device.turn_taking import FILE as TURNS
from seq2edge.device.turn_taking import FollowUp, TurnTaking, read_turns, statements
from seq2edge.device.turns import message_of


class Seq2SeqRunner(Runner[DecodingOptions]):
    """Answers sources with text.

    Args:
        manifest: Manifest of the bundle.
        model: The encoder-decoder.
        processor: Converts sources to features.
        tokenizer: Tokenizer of the targets.
        guard: Answers some sources instead of the model; None: no guard.
        follow_ups: Answers to messages that refer to the previous reply; empty: the chat has no memory.

    Example:
        >>> import seq2edge
        >>> runner = seq2edge.load()
        >>> runner.run("good morning").text
        'Good morning! I hope your day starts well.'
        >>> [text for text, score in runner.run("good morning", beam=5, n_best=2).alternatives]
        ['Good morning! I hope your day starts well.', 'Good night! Sleep well and dream sweetly.']
    """

    OPTIONS: ClassVar[Mapping[str, Option]] = OPTIONS

    def __init__(
        self,
        manifest: Seq2SeqManifest,
        model: SequenceModel,
        processor: SourceProcessor,
        tokenizer: TargetTokenizer,
        guard: Guard | None = None,
        follow_ups: Sequence[FollowUp] = (),
    ):
        self.manifest: Seq2SeqManifest = manifest
        self.model, self.processor, self.tokenizer = model, processor, tokenizer
        self.guard, self.follow_ups = guard, follow_ups
        self.runtime, self.has_memory = getattr(model, "runtime", ""), bool(follow_ups)
        self.defaults = DecodingOptions(**manifest.decoding)
        self.joiner = Joiner(processor, tokenizer, manifest)

    @classmethod
    def from_bundle(
        cls, bundle: Bundle[Seq2SeqManifest], threads: int = 1, num_interpreters: int = 1
    ) -> "Seq2SeqRunner":
        """Build the runner of a bundle. Arguments are those of `load_runner`.

        Raises:
            UserError: If a file of the bundle is not valid, or no runtime is installed.
        """
        model = TFLiteModel(bundle, threads, num_interpreters)
        manifest = bundle.manifest
        tokenizer = TargetTokenizer(bundle.tokenizers[1], manifest.normalisations[1], manifest.vocabulary["target"])
        guard = Guard.open(bundle.path / GUARD) if GUARD in manifest.files else None
        follow_ups = read_turns(bundle.path / TURNS) if TURNS in manifest.files else ()
        return cls(manifest, model, bundle_processor(bundle), tokenizer, guard, follow_ups)

    def options(self, options: DecodingOptions | None = None, **changes: Any) -> DecodingOptions:
        """As for `Runner`. If only `n_best` is given, the default beam is widened to it."""
        self.refuse_unknown(changes)
        if options is None:
            options, n_best = self.defaults, changes.get("n_best")
            if n_best is not None and "beam" not in changes and OPTIONS["n_best"].accepts(n_best):
                changes["beam"] = max(options.beam, n_best)
        if changes:
            options = dataclasses.replace(options, **changes)
        if options.max_length > self.manifest.target_length:
            raise UserError(
                f"max_length must be at most {self.manifest.target_length}, the limit of this bundle, "
                f"got {options.max_length}"
            )
        self.model.check_beam(options.beam)
        return options

    def run_each(
        self, sources: Sequence[Any], options: DecodingOptions | None = None, **changes: Any
    ) -> Iterator[tuple[int, Result]]:
        """As for `Runner`; short sources are answered first.

        Segments of similar lengths are decoded together, if the model can decode batches. If not, sorting by length
        still saves time, because the interpreter allocates again whenever the length changes. A bundle with memory
        answers as described in `TurnTaking`.

        Raises:
            TextError: Also if there are required phrases and the source has to be split.
            UserError: Also if phrases contradict each other.
        """
        yield from self._answers(sources, self.options(options, **changes))

    def inspect(self, source: Any, options: DecodingOptions | None = None, **changes: Any) -> Inspection:
        started = time.perf_counter()
        ((_, result),) = self._answers([source], self.options(options, **changes), is_traced=True)
        if result is EMPTY:
            raise TextError(INPUT_IS_EMPTY)
        result = dataclasses.replace(result, seconds=time.perf_counter() - started)
        return inspection_of(message_of(source), result, self.tokenizer)

    def _answers(
        self, sources: Sequence[Any], options: DecodingOptions, is_traced: bool = False
    ) -> Iterator[tuple[int, Result]]:
        """Do what `run_each` does; with `is_traced` the parts of the results have a trace."""
        if not self.has_memory:
            yield from self._run_each(sources, options, is_traced)
            return
        turns = TurnTaking(lambda some: self._run_each(some, options, is_traced), self.follow_ups)
        yield from enumerate(turns.answers(sources))

    def _run_each(
        self, sources: Sequence[Any], options: DecodingOptions, is_traced: bool
    ) -> Iterator[tuple[int, Result]]:
        """Answer sources without `TurnTaking`."""
        phrases = Phrases.of(options, self.tokenizer)
        decode_batch = self._decode_traced if is_traced else self._decode
        guarded = [self.guarded(source) for source in sources]
        yield from ((index, result) for index, result in enumerate(guarded) if result)
        segments = [
            [] if result else self.processor.split(source) for source, result in zip(sources, guarded, strict=True)
        ]
        if options.required and (number := max(map(len, segments), default=0)) > 1:
            raise TextError(f"required phrases: the input has to be split into {number} segments; send one sentence")
        jobs = [
            Job(index, place, segment, self.processor(segment.source))
            for index, found in enumerate(segments)
            for place, segment in enumerate(found)
        ]
        yield from ((index, EMPTY) for index, found in enumerate(segments) if not found and not guarded[index])
        done: dict[int, list[Decoded]] = defaultdict(list)
        for group in in_length_groups(jobs, self.model.max_batch_size):
            for decoded in decode_batch(group, options, phrases):
                index = decoded.job.source
                done[index].append(decoded)
                if len(done[index]) == len(segments[index]):
                    in_order = sorted(done.pop(index), key=lambda one: one.job.place)
                    yield index, self.joiner.result(sources[index], in_order, options.n_best, options.required)

    def guarded(self, source: Any) -> Result | None:
        """As for `Runner`. In a chat with memory, the guard reads the whole message and each sentence of it."""
        if self.guard is None:
            return None
        message = message_of(source)
        texts = dict.fromkeys([message, *(statements(message) if self.has_memory else ())])
        found = next(filter(None, map(self.guard.check, texts)), None)
        if found is None:
            return None
        return Result(found.reply, 0.0, 1.0, False, ((found.reply, 0.0),), (), None, (), 0.0, found.category)

    def _decode(self, group: Sequence[Job], options: DecodingOptions, phrases: Phrases) -> Iterator[Decoded]:
        """Decode a batch made by `in_length_groups`."""
        for own, jobs in self._by_phrases(group, options, phrases):
            started = time.perf_counter()
            found = decode(self.model, [job.features for job in jobs], options, own)
            seconds = (time.perf_counter() - started) / len(jobs)
            for job, hypotheses in zip(jobs, found, strict=True):
                yield Decoded(job, hypotheses, seconds)

    def _decode_traced(self, group: Sequence[Job], options: DecodingOptions, phrases: Phrases) -> Iterator[Decoded]:
        """Do what `_decode` does, and record traces."""
        for own, jobs in self._by_phrases(group, options, phrases):
            found = decode_traced(self.model, [job.features for job in jobs], options, own)
            for job, (hypotheses, trace) in zip(jobs, found, strict=True):
                yield Decoded(job, hypotheses, trace=trace)

    def _by_phrases(
        self, group: Sequence[Job], options: DecodingOptions, phrases: Phrases
    ) -> Iterator[tuple[Phrases, list[Job]]]:
        """Divide a batch so that all sources of a part have the same phrases."""
        for own, jobs in itertools.groupby(group, lambda job: self._phrases_of(job, options, phrases)):
            yield own, list(jobs)

    def _phrases_of(self, job: Job, options: DecodingOptions, phrases: Phrases) -> Phrases:
        """The phrases of the options for a segment; items that the segment has too become its slots."""
        source = job.segment.source
        slots = self.processor.slots_of(source)
        if any(slots.values()):
            mask = functools.partial(self.processor.mask, source)
            phrases = Phrases.of(options, self.tokenizer, mask, slots if options.all_items else {})
        return phrases.of_segment(job.place)

    def stream(
        self, source: Any, options: DecodingOptions | None = None, **changes: Any
    ) -> Generator[str, None, Result]:
        """Yield the answer as it grows, then return the result.

        Without options the search is greedy. With a beam, each text is the common beginning of all hypotheses. Closing
        the generator cancels the search. A bundle with memory yields the whole answer at once, because the message may
        refer to the previous reply.
        """
        if options is None:
            changes.setdefault("beam", 1)
        options = self.options(options, **changes)
        if self.has_memory or self.guarded(source):
            result = self.run(source, options)
            yield result.text
            return result
        started, phrases = time.perf_counter(), Phrases.of(options, self.tokenizer)
        segments = self.processor.split(source)
        if not segments:
            raise TextError(INPUT_IS_EMPTY)
        done: list[Decoded] = []
        for place, segment in enumerate(segments):
            job, shown = Job(0, place, segment, self.processor(segment.source)), None
            before = self.joiner.before(segment, done)
            own = self._phrases_of(job, options, phrases)
            steps = decode_steps(self.model, [job.features], options, own)
            while True:
                try:
                    (search,) = next(steps)
                except StopIteration as end:
                    done.append(Decoded(job, end.value[0]))
                    break
                if (agreed := search.agreed) != shown:
                    shown = agreed
                    growing = self.processor.fill(segment.source, self.tokenizer.decode_unfinished(agreed))
                    yield before + growing
        result = self.joiner.result(source, done, options.n_best, options.required)
        yield result.text
        return dataclasses.replace(result, seconds=time.perf_counter() - started)

    def model_only(self) -> "Seq2SeqRunner":
        """Return a runner of the same model without guard and memory."""
        return Seq2SeqRunner(self.manifest, self.model, self.processor, self.tokenizer)

    def limited(self, deadline: Deadline) -> "Seq2SeqRunner":
        model = LimitedSequenceModel(self.model, deadline)
        return Seq2SeqRunner(self.manifest, model, self.processor, self.tokenizer, self.guard, self.follow_ups)
