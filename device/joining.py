"""Joins the hypotheses of a text's segments into one result."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from seq2edge.device.batching import Job
from seq2edge.device.manifest import Fallback
from seq2edge.device.result import Part, Result
from seq2edge.device.search.hypothesis import Hypothesis
from seq2edge.device.text import TextCodec


@dataclass(frozen=True)
class Decoded:
    """A segment with its hypotheses, best first, and the seconds it took."""

    job: Job
    hypotheses: Sequence[Hypothesis]
    seconds: float = 0.0


class Joiner:
    """Makes texts of hypotheses.

    Args:
        fallback: The lines to say instead of an unlikely reply; None: every reply is given.
    """

    def __init__(self, codec: TextCodec, fallback: Fallback | None):
        self.codec, self.fallback = codec, fallback

    def text(self, decoded: Sequence[Decoded], rank: int = 0) -> str:
        """The hypotheses of a rank as one text: a space between sentences, line feeds where the source has them."""
        text, line = "", None
        for one in decoded:
            segment = one.job.segment
            gap = "" if line is None else " " if line == segment.line else "\n" * (segment.line - line)
            text += gap + self.codec.decode_target(one.hypotheses[rank].ids)
            line = segment.line
        return text

    def answer(self, question: str, decoded: Sequence[Decoded]) -> str:
        """The best text, or the fallback line if its score is too low."""
        fallback = self._fallback(_score(decoded, 0))
        return fallback.reply(question) if fallback else self.text(decoded)

    def result(self, question: str, decoded: Sequence[Decoded], n_best: int, required: Sequence[str]) -> Result:
        """The result of a text.

        Args:
            decoded: Its segments in order.
            required: The phrases that were required.
        """
        ranks = range(min(n_best, *(len(one.hypotheses) for one in decoded)))
        best = [one.hypotheses[0] for one in decoded]
        missing = {phrase for hypothesis in best for phrase in hypothesis.missing}
        score = _score(decoded, 0)
        return Result(
            text=self.answer(question, decoded),
            score=score,
            confidence=float(np.exp(np.mean([value for hypothesis in best for value in hypothesis.token_log_probs]))),
            fallback=self._fallback(score) is not None,
            alternatives=tuple((self.text(decoded, rank), _score(decoded, rank)) for rank in ranks),
            parts=tuple(self._part(one.job.source_ids, one.hypotheses[0]) for one in decoded),
            cut=_cut_message(decoded),
            missing=tuple(phrase for phrase in required if self.codec.encode_target(phrase) in missing),
            seconds=sum(one.seconds for one in decoded),
        )

    def _part(self, source_ids: np.ndarray, best: Hypothesis) -> Part:
        return Part(
            tuple(self.codec.source_tokens(source_ids)),
            tuple(self.codec.target_tokens(best.ids)),
            best.token_log_probs,
            None if best.attention is None else best.attention[:, : len(source_ids)],
            best.alignment,
        )

    def _fallback(self, score: float) -> Fallback | None:
        return self.fallback if self.fallback is not None and score < self.fallback.threshold else None


def _score(decoded: Sequence[Decoded], rank: int) -> float:
    return float(np.mean([one.hypotheses[rank].score for one in decoded]))


def _cut_message(decoded: Sequence[Decoded]) -> str | None:
    segments = [one.job.segment for one in decoded]
    if segments[0].truncated:
        return (
            f"the text is longer than the model reads, which has not seen what comes after …{segments[0].text[-30:]!r}"
        )
    cut = [segment.text for segment in segments if segment.cut]
    if not cut:
        return None
    return f"sentences longer than the model reads were split in {len(cut)} places, the first after …{cut[0][-30:]!r}"
