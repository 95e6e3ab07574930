"""Run a bundle: text in, text out."""

import re
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from seq2edge.device.bundle import Bundle, read_bundle
from seq2edge.device.decoding import DecodingOptions, Hypothesis, SequenceModel, decode
from seq2edge.device.errors import UserError
from seq2edge.device.interpreter import TFLiteModel
from seq2edge.device.segmentation import Segment, segments
from seq2edge.device.text import TextCodec, normalise

HANGUL = re.compile("[\u1100-\u11ff\u3130-\u318f\uac00-\ud7a3]")
LONGEST_TEXT = 20_000  # characters; more is no sentence but a file


@dataclass(frozen=True)
class Part:
    """One stretch of the source that was decoded at once.

    Attributes:
        attention: `(target pieces, source pieces)`, or None where the model has none.
    """

    source_pieces: tuple[str, ...]
    target_pieces: tuple[str, ...]
    attention: np.ndarray | None


@dataclass(frozen=True)
class Result:
    """What a runner answers.

    Attributes:
        score: Mean of the parts' scores (log-probability over length penalty).
        unsure: The text is the bundle's line for that, not the model's reply.
        alternatives: (text, score) of the n best, best first; of a text that was split, the joined ones.
        cut: What could not be read in one piece, for the user to know; None where nothing was cut.
        seconds: Time it took.
    """

    text: str
    score: float
    unsure: bool
    alternatives: tuple[tuple[str, float], ...]
    parts: tuple[Part, ...]
    cut: str | None
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
    def from_bundle(cls, path: str | Path, threads: int = 1) -> "Runner":
        """Load a bundle.

        Raises:
            UserError: If it is damaged, or no runtime is installed.
        """
        bundle = read_bundle(Path(path))
        try:
            codec = TextCodec(*bundle.tokenizers, bundle.normalisation)
        except (OSError, RuntimeError, ValueError) as error:
            raise UserError(f"{bundle.tokenizers[0]}: not a SentencePiece model: {error}") from None
        return cls(bundle, TFLiteModel(bundle, threads), codec)

    def run(self, text: str, beam: int | None = None, n_best: int = 1) -> Result:
        """Answer one text.

        Args:
            beam: Hypotheses kept side by side; None: as the bundle says, but at least `n_best`.
            n_best: Alternatives wanted.

        Raises:
            UserError: If the text is empty or too long, or the beam larger than the bundle offers.
        """
        started = time.perf_counter()
        beam = max(self.bundle.decoding["beam"], n_best) if beam is None else beam
        options = self._options(beam, n_best)
        stretches = self._segments(text)
        decoded = [self._decode(stretch.text, options) for stretch in stretches]
        alternatives = self._join(stretches, [hypotheses for _, hypotheses in decoded], n_best)
        best, score = alternatives[0]
        unsure = self._is_unsure(score)
        return Result(
            text=self._unsure_line(text) if unsure else best,
            score=score,
            unsure=unsure,
            alternatives=alternatives,
            parts=tuple(self._part(ids, hypotheses[0]) for ids, hypotheses in decoded),
            cut=_cut_message(stretches),
            seconds=time.perf_counter() - started,
        )

    def stream(self, text: str) -> Iterator[str]:
        """The growing answer of greedy search, a text a step; the last one is that of `run(text, beam=1)`."""
        options = self._options(1, 1)
        stretches = self._segments(text)
        finished: list[list[Hypothesis]] = []
        for index, stretch in enumerate(stretches):
            for ids in self._grow(stretch.text, options, finished):
                prefix = self._join(stretches[:index], finished[:index], 1)[0][0] if index else ""
                yield f"{prefix} {self.codec.decode_target(ids)}".strip()
        best, score = self._join(stretches, finished, 1)[0]
        yield self._unsure_line(text) if self._is_unsure(score) else best

    def _grow(self, text: str, options: DecodingOptions, finished: list[list[Hypothesis]]) -> Iterator[tuple[int, ...]]:
        """Greedy search that hands over after each token; the hypothesis is appended to `finished` at the end."""
        import queue
        import threading

        tokens: queue.SimpleQueue[tuple[int, ...] | BaseException | None] = queue.SimpleQueue()

        def search() -> None:
            try:
                finished.append(self._decode(text, options, lambda _, ids: tokens.put(ids))[1])
                tokens.put(None)
            except BaseException as error:
                tokens.put(error)

        thread = threading.Thread(target=search, daemon=True)
        thread.start()
        while (ids := tokens.get()) is not None:
            if isinstance(ids, BaseException):
                raise ids
            yield ids
        thread.join()

    def _options(self, beam: int, n_best: int) -> DecodingOptions:
        decoding = self.bundle.decoding
        options = DecodingOptions(beam, n_best, decoding["max_length"], decoding["length_penalty"])
        if isinstance(self.model, TFLiteModel):
            self.model.batch_for(beam)
        return options

    def _segments(self, text: str) -> list[Segment]:
        if len(text) > LONGEST_TEXT:
            raise UserError(f"the text has {len(text):,} characters, allowed are {LONGEST_TEXT:,}; send it in parts")
        lines = [normalise(line, self.bundle.normalisation) for line in text.splitlines()]
        if self.bundle.task == "chat":
            lines = [" ".join(line for line in lines if line)]
        found = segments("\n".join(lines), lambda part: len(self.codec.encode_source(part)), self.bundle.source_length)
        if not found:
            raise UserError("the text is empty; say something")
        return found

    def _decode(
        self,
        text: str,
        options: DecodingOptions,
        on_token: Callable[[int, tuple[int, ...]], None] | None = None,
    ) -> tuple[np.ndarray, list[Hypothesis]]:
        ids = self.codec.encode_source(text)
        return ids, decode(self.model, [ids], options, on_token)[0]

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
            tuple(self.codec.source_pieces(ids)),
            tuple(self.codec.target_pieces(best.ids)),
            None if best.attention is None else best.attention[:, : len(ids)],
        )

    def _is_unsure(self, score: float) -> bool:
        return self.bundle.unsure is not None and score < self.bundle.unsure.threshold

    def _unsure_line(self, question: str) -> str:
        """The line in the language of the question."""
        replies = self.bundle.unsure.replies if self.bundle.unsure else {}
        language = "ko" if HANGUL.search(question) else "en"
        return replies.get(language) or next(iter(replies.values()), "")


def _cut_message(stretches: Sequence[Segment]) -> str | None:
    cut = [stretch.text for stretch in stretches if stretch.cut]
    if not cut:
        return None
    return f"{len(cut)} sentence part(s) were longer than the model reads and were divided, after: …{cut[0][-30:]!r}"
