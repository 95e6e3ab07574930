"""Joins the hypotheses of a source's segments into one result."""

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from seq2edge.device.batching import Job
from seq2edge.device.manifests.seq2seq import Fallback, Seq2SeqManifest
from seq2edge.device.processors.interface import Segment, SourceProcessor, source_length
from seq2edge.device.result import Part, Result, cut_note, unsure_note
from seq2edge.device.scripts import script_note
from seq2edge.device.search.hypothesis import Hypothesis
from seq2edge.device.search.trace import Trace
from seq2edge.device.search.wording import has_phrase
from seq2edge.device.target_tokenizer import TargetTokenizer
from seq2edge.device.turns import message_of


@dataclass(frozen=True)
class Decoded:
    """A decoded segment.

    Attributes:
        job: The segment.
        hypotheses: Hypotheses, best first.
        seconds: Time that decoding took.
        trace: Trace of the search; None if it was not traced.
    """

    job: Job
    hypotheses: Sequence[Hypothesis]
    seconds: float = 0.0
    trace: Trace | None = None


class Joiner:
    """Converts the hypotheses of a source's segments to a result.

    Args:
        processor: Provides the labels of source positions.
        tokenizer: Tokenizer of the targets.
        manifest: Manifest of the bundle, with the fallback and what is known about usual sources.
    """

    def __init__(self, processor: SourceProcessor, tokenizer: TargetTokenizer, manifest: Seq2SeqManifest):
        self.processor, self.tokenizer, self.manifest = processor, tokenizer, manifest

    def text(self, decoded: Sequence[Decoded], rank: int = 0) -> str:
        """Join the hypotheses of one rank: spaces between sentences, line feeds where the source has them."""
        text, last = "", None
        for one in decoded:
            segment = one.job.segment
            text = _with_gap(text, last, segment)
            text += self.processor.fill(segment.source, self.tokenizer.decode(one.hypotheses[rank].ids))
            last = segment
        return text

    def before(self, segment: Segment, decoded: Sequence[Decoded]) -> str:
        """Return the text of the decoded segments before a segment, with the gap to it."""
        return _with_gap(self.text(decoded), decoded[-1].job.segment if decoded else None, segment)

    def answer(self, source: Any, decoded: Sequence[Decoded]) -> str:
        """Return the best text, or the fallback line if the score of the best text is too low."""
        fallback = self._fallback(_score(decoded, 0))
        return fallback.reply(message_of(source)) if fallback else self.text(decoded)

    def result(self, source: Any, decoded: Sequence[Decoded], n_best: int, required: Sequence[str]) -> Result:
        """Build the result of a source.

        Args:
            source: The source.
            decoded: Its decoded segments, in order.
            n_best: Number of alternatives.
            required: The required phrases.
        """
        ranks = range(min(n_best, *(len(one.hypotheses) for one in decoded)))
        best = [one.hypotheses[0] for one in decoded]
        score, text = _score(decoded, 0), self.answer(source, decoded)
        is_fallback = self._fallback(score) is not None
        tokens = sum(len(hypothesis.token_log_probs) for hypothesis in best)  # none if filters forbid every first token
        confidence = math.exp(sum(hypothesis.log_probability for hypothesis in best) / tokens) if tokens else 0.0
        return Result(
            text=text,
            score=score,
            confidence=confidence,
            fallback=is_fallback,
            alternatives=tuple((self.text(decoded, rank), _score(decoded, rank)) for rank in ranks),
            parts=tuple(map(self._part, decoded)),
            cut=cut_note([one.job.segment for one in decoded]),
            unread=script_note(message_of(source), self.manifest.source_script) if isinstance(source, str) else None,
            unsure=None if is_fallback else unsure_note(confidence, self.manifest.usual_confidence),
            missing=tuple(dict.fromkeys(self._missing(text, is_fallback, decoded, required))),
            seconds=sum(one.seconds for one in decoded),
            previous="" if is_fallback else text,
        )

    def _missing(
        self, text: str, is_fallback: bool, decoded: Sequence[Decoded], required: Sequence[str]
    ) -> Iterator[str]:
        """Yield the required phrases that a text lacks, and for `all_items` the items that the best targets lack."""
        phrases = {phrase: self.tokenizer.normalised(phrase) for phrase in required}
        lacking = [phrase for phrase, shown in phrases.items() if shown and not has_phrase(text, shown)]
        for one in decoded:
            source, best = one.job.segment.source, one.hypotheses[0]
            target = "" if is_fallback else self.tokenizer.decode(best.ids)
            # An item in a target is a slot, which a letter may follow: the item of "80ms" is 80.
            yield from (
                phrase for phrase in lacking if not has_phrase(target, self.processor.mask(source, phrases[phrase]))
            )
            known = {self.tokenizer.encode(self.processor.mask(source, phrase)) for phrase in required}
            for ids in best.missing:
                if ids not in known:
                    yield self.processor.fill(source, self.tokenizer.decode(ids)).strip()

    def _part(self, decoded: Decoded) -> Part:
        features, best, source = decoded.job.features, decoded.hypotheses[0], decoded.job.segment.source
        return Part(
            tuple(self.processor.labels(features)),
            tuple(self.processor.fill(source, token) for token in self.tokenizer.tokens(best.ids)),
            best.token_log_probs,
            None if best.attention is None else best.attention[:, : source_length(features)],
            best.alignment,
            decoded.trace,
        )

    def _fallback(self, score: float) -> Fallback | None:
        fallback = self.manifest.fallback
        return fallback if fallback is not None and score < fallback.threshold else None


def _with_gap(text: str, last: Segment | None, segment: Segment) -> str:
    """Add the gap between two segments to the text of the first: line feeds, or a space within a line that has text."""
    if last is None or last.line == segment.line:
        return text if text.endswith(("\n", " ")) or not text else f"{text} "
    return text + "\n" * (segment.line - last.line)


def _score(decoded: Sequence[Decoded], rank: int) -> float:
    return sum(one.hypotheses[rank].score for one in decoded) / len(decoded)
