"""Run a bundle: text in, text out."""

import dataclasses
import itertools
import re
import time
from collections.abc import Generator, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from seq2edge.device.batching import batched
from seq2edge.device.bundle import Bundle, read_bundle
from seq2edge.device.errors import TextError, UserError
from seq2edge.device.interpreter import TFLiteModel
from seq2edge.device.result import NOTHING, Part, Result
from seq2edge.device.search.decoding import SequenceModel, decode, decode_steps
from seq2edge.device.search.options import DecodingOptions
from seq2edge.device.search.search import Hypothesis, Search
from seq2edge.device.segmentation import Segment, segments
from seq2edge.device.text import TextCodec, normalise

HANGUL = re.compile("[\u1100-\u11ff\u3130-\u318f\uac00-\ud7a3]")
LONGEST_TEXT = 20_000  # characters; more is no sentence but a file
EMPTY = "the text is empty; say something"
GIVEN_PENALTY = 4.0  # nats that a reply already given loses


@dataclass(frozen=True)
class _Job:
    """One stretch of one text, to be decoded."""

    text: int
    place: int
    ids: np.ndarray

    @property
    def order(self) -> tuple[bool, int]:
        return self.place > 0, len(self.ids)


@dataclass(frozen=True)
class _Decoded:
    ids: np.ndarray
    hypotheses: Sequence[Hypothesis]
    seconds: float


class Runner:
    """Answers texts with a bundle.

    Example:
        >>> runner = Runner.from_bundle("bundles/quickstart-int8")
        >>> runner.run("hello").text
    """

    def __init__(self, bundle: Bundle, model: SequenceModel, codec: TextCodec):
        self.bundle, self.model, self.codec = bundle, model, codec

    @classmethod
    def from_bundle(cls, path: str | Path, threads: int = 1, num_interpreters: int = 1) -> "Runner":
        """Load a bundle. Any number of threads may ask a runner at once.

        Args:
            threads: Of the runtime, for one sentence.
            num_interpreters: Sentences that are worked on at the same time.

        Raises:
            UserError: If it is damaged, or no runtime is installed.
        """
        bundle = read_bundle(Path(path))
        try:
            codec = TextCodec(*bundle.tokenizers, bundle.normalisation)
        except (OSError, RuntimeError, ValueError) as error:
            raise UserError(f"{bundle.tokenizers[0]}: not a SentencePiece model: {error}") from None
        return cls(bundle, TFLiteModel(bundle, threads, num_interpreters), codec)

    def run(
        self,
        text: str,
        beam: int | None = None,
        n_best: int = 1,
        prefix: str = "",
        require: Sequence[str] = (),
        ban: Sequence[str] = (),
        given: Sequence[str] = (),
        **settings: Any,
    ) -> Result:
        """Answer one text.

        Args:
            beam: Hypotheses kept side by side; None: as the bundle says, but at least `n_best`.
            n_best: Alternatives wanted.
            begin: What the answer begins with.
            require, ban: Phrases that it has, and has not.
            given: Replies already given, which become less likely.
            settings: Of `DecodingOptions`.

        Raises:
            TextError: If the text is empty or too long, or phrases are required of one that is read in several parts.
            UserError: If the beam is larger than the bundle offers, or settings contradict each other.
        """
        started = time.perf_counter()
        ((_, result),) = self.run_each([text], beam, n_best, prefix, require, ban=ban, given=given, **settings)
        if result is NOTHING:
            raise TextError(EMPTY)
        return dataclasses.replace(result, seconds=time.perf_counter() - started)

    def run_all(self, texts: Sequence[str], **settings: Any) -> list[Result]:
        """Answer many texts, in their order. An empty text has an empty answer.

        Args:
            settings: Of `run`.

        Raises:
            UserError: As `run`.
        """
        results = dict(self.run_each(texts, **settings))
        return [results[index] for index in range(len(texts))]

    def run_each(
        self,
        texts: Sequence[str],
        beam: int | None = None,
        n_best: int = 1,
        prefix: str = "",
        require: Sequence[str] = (),
        **settings: Any,
    ) -> Iterator[tuple[int, Result]]:
        """Answer many texts, each with its number as soon as it is done: the short ones first.

        Texts of like length are decoded together where the model can, and the interpreter meets each length once.

        Args:
            settings: Of `run`.

        Raises:
            UserError: As `run`.
        """
        beam = max(self.bundle.decoding["beam"], n_best) if beam is None else beam
        options = self._options(beam, n_best, prefix, require, **settings)
        stretches = [self._segments(text) for text in texts]
        if require and (number := max(map(len, stretches), default=0)) > 1:
            raise TextError(f"required phrases: the text is read in {number} parts; send one sentence")
        jobs = [
            _Job(index, place, self.codec.encode_source(stretch.text))
            for index, found in enumerate(stretches)
            for place, stretch in enumerate(found)
        ]
        decoded: list[dict[int, _Decoded]] = [{} for _ in texts]
        for index, found in enumerate(stretches):
            if not found:
                yield index, NOTHING
        for group in self._together(jobs):
            # Only what an answer begins with can have been asked for.
            wanted = dataclasses.replace(options, prefix=()) if group[0].place else options
            started = time.perf_counter()
            answers = decode(self.model, [job.ids for job in group], wanted)
            seconds = (time.perf_counter() - started) / len(group)
            for job, hypotheses in zip(group, answers, strict=True):
                parts = decoded[job.text]
                parts[job.place] = _Decoded(job.ids, hypotheses, seconds)
                if len(parts) == len(stretches[job.text]):
                    in_order = [parts[place] for place in range(len(parts))]
                    yield job.text, self._result(texts[job.text], stretches[job.text], in_order, n_best, require)

    def _together(self, jobs: Sequence["_Job"]) -> Iterator[list["_Job"]]:
        """Jobs of like length, as many as the model takes; first parts and later ones apart."""
        for _, alike in itertools.groupby(sorted(jobs, key=lambda job: job.order), key=lambda job: job.place > 0):
            yield from batched(alike, self.model.max_batch_size)

    def _result(
        self,
        text: str,
        stretches: Sequence[Segment],
        decoded: Sequence["_Decoded"],
        n_best: int,
        require: Sequence[str],
    ) -> Result:
        alternatives = self._join(stretches, [part.hypotheses for part in decoded], n_best)
        best, score = alternatives[0]
        fallback = self._is_fallback(score)
        firsts = [part.hypotheses[0] for part in decoded]
        log_probs = [log_prob for first in firsts for log_prob in first.word_log_probs]
        missing = {phrase for first in firsts for phrase in first.missing}
        return Result(
            text=self._fallback_line(text) if fallback else best,
            score=score,
            confidence=float(np.exp(np.mean(log_probs))),
            fallback=fallback,
            alternatives=alternatives,
            parts=tuple(self._part(part.ids, part.hypotheses[0]) for part in decoded),
            cut=_cut_message(stretches),
            missing=tuple(phrase for phrase in require if self.codec.encode_target(phrase) in missing),
            seconds=sum(part.seconds for part in decoded),
        )

    def stream(self, text: str, beam: int = 1, **settings: Any) -> Iterator[str]:
        """The growing answer, a text a step, of which each begins as the next; the last is that of `run`.

        Of a beam it is what all hypotheses agree on. Whoever stops iterating cancels the search.

        Args:
            settings: Of `run`.
        """
        options = self._options(beam, 1, **settings)
        stretches = self._segments(text)
        if not stretches:
            raise TextError(EMPTY)
        finished: list[list[Hypothesis]] = []
        for index, stretch in enumerate(stretches):
            steps = decode_steps(self.model, [self.codec.encode_source(stretch.text)], options)
            prefix = self._join(stretches[:index], finished[:index], 1)[0][0] if index else ""
            hypotheses: list[list[Hypothesis]] = yield from self._texts(steps, prefix)
            finished.append(hypotheses[0])
            options = dataclasses.replace(options, prefix=())
        best, score = self._join(stretches, finished, 1)[0]
        yield self._fallback_line(text) if self._is_fallback(score) else best

    def _texts(
        self, steps: Generator[list[Search], None, list[list[Hypothesis]]], prefix: str
    ) -> Generator[str, None, list[list[Hypothesis]]]:
        """What is settled after each step, as text behind the parts that are done."""
        shown = None
        while True:
            try:
                (search,) = next(steps)
            except StopIteration as end:
                return end.value
            if (settled := search.agreed) != shown:
                shown = settled
                yield f"{prefix} {self.codec.decode_target(settled)}".strip()

    def _options(
        self,
        beam: int,
        n_best: int,
        prefix: str = "",
        require: Sequence[str] = (),
        ban: Sequence[str] = (),
        given: Sequence[str] = (),
        **settings: Any,
    ) -> DecodingOptions:
        if unknown := sorted(settings.keys() - {field.name for field in dataclasses.fields(DecodingOptions)}):
            raise UserError(f"{unknown[0]}: no setting of the search")
        decoding, ids = self.bundle.decoding, self.codec.encode_target
        values = {
            "max_length": decoding["max_length"],
            "length_penalty": decoding["length_penalty"],
            "given_penalty": GIVEN_PENALTY,
        } | settings
        options = DecodingOptions(
            beam=beam,
            n_best=n_best,
            prefix=ids(prefix),
            required=tuple(ids(phrase) for phrase in require),
            banned=tuple(ids(phrase) for phrase in ban),
            given=tuple(ids(reply) for reply in given),
            **values,
        )
        if options.max_length > self.bundle.target_length:
            raise UserError(
                f"max_length is {options.max_length}, the bundle writes {self.bundle.target_length} at most"
            )
        self.model.check_beam(beam)
        return options

    def _segments(self, text: str) -> list[Segment]:
        if len(text) > LONGEST_TEXT:
            raise TextError(f"the text has {len(text):,} characters, allowed are {LONGEST_TEXT:,}; send it in parts")
        lines = [normalise(line, self.bundle.normalisation) for line in text.split("\n")]
        if self.bundle.task == "chat":
            lines = [" ".join(line for line in lines if line)]
        return segments("\n".join(lines), lambda part: len(self.codec.encode_source(part)), self.bundle.source_length)

    def _join(
        self, stretches: Sequence[Segment], decoded: Sequence[Sequence[Hypothesis]], n_best: int
    ) -> tuple[tuple[str, float], ...]:
        """The n best answers of all stretches together: spaces between sentences, new lines where the source has."""
        joined = []
        for rank in range(min(n_best, *(len(hypotheses) for hypotheses in decoded), n_best)):
            text, line = "", None
            for stretch, hypotheses in zip(stretches, decoded, strict=True):
                gap = "" if line is None else " " if line == stretch.line else "\n" * (stretch.line - line)
                text += gap + self.codec.decode_target(hypotheses[rank].ids)
                line = stretch.line
            joined.append((text, float(np.mean([hypotheses[rank].score for hypotheses in decoded]))))
        return tuple(joined)

    def _part(self, ids: np.ndarray, best: Hypothesis) -> Part:
        return Part(
            tuple(self.codec.source_tokens(ids)),
            tuple(self.codec.target_tokens(best.ids)),
            best.word_log_probs,
            None if best.attention is None else best.attention[:, : len(ids)],
            best.alignment,
        )

    def _is_fallback(self, score: float) -> bool:
        return self.bundle.fallback is not None and score < self.bundle.fallback.threshold

    def _fallback_line(self, question: str) -> str:
        """The line in the language of the question."""
        replies = self.bundle.fallback.replies if self.bundle.fallback else {}
        language = "ko" if HANGUL.search(question) else "en"
        return replies.get(language) or next(iter(replies.values()), "")


def _cut_message(stretches: Sequence[Segment]) -> str | None:
    cut = [stretch.text for stretch in stretches if stretch.cut]
    if not cut:
        return None
    return f"{len(cut)} sentence part(s) were longer than the model reads and were divided, after: …{cut[0][-30:]!r}"
