"""What a runner returns."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np

from seq2edge.device.processors.interface import Segment
from seq2edge.device.search.trace import Trace

Decider = Literal["model", "guard", "fallback", "follow-up"]


@dataclass(frozen=True)
class Part:
    """A segment of the source with its target.

    Attributes:
        source_tokens, target_tokens: As strings to show; "▁" is a space.
        log_probs: Of each target token in nats, and of eos where it was reached.
        attention: `(target_length, source_length)`, or None if the model has none.
        alignment: For each target token the index of the source token with the most attention.
        trace: What the search did; None: it was not traced.
    """

    source_tokens: tuple[str, ...]
    target_tokens: tuple[str, ...]
    log_probs: tuple[float, ...]
    attention: np.ndarray | None
    alignment: tuple[int, ...] | None
    trace: Trace | None = None

    def as_json(self) -> dict[str, Any]:
        """JSON values of all fields but the trace."""
        return {
            "source": self.source_tokens,
            "target": self.target_tokens,
            "log_probs": [round(value, 4) for value in self.log_probs],
            "alignment": self.alignment,
            "attention": None if self.attention is None else self.attention.round(4).tolist(),
        }


@dataclass(frozen=True)
class Result:
    """The answer to a text.

    Attributes:
        text: What a program shows.
        score: Mean of the parts' scores (log-probability over length penalty); of a label its probability.
        confidence: Geometric mean of the tokens' probabilities, 0 to 1; of a label its probability.
        fallback: Whether `text` is the bundle's fallback line and not the model's reply.
        alternatives: Text and score of the n best answers, best first.
        parts: The segments of the source with their targets; none if the guard answered.
        cut: A note about sentences that were split, or a text that was truncated, because they are too long; else
            None.
        missing: Required phrases that the text lacks because they did not fit.
        seconds: Time it took.
        guard: Category of the guard that answered in place of the model; None: the model answered.
        previous: What the next message of a conversation may refer to; empty: nothing.
        follow_up: Whether `text` was looked up by the reply before, because the message refers to that.
    """

    text: str
    score: float
    confidence: float
    fallback: bool
    alternatives: tuple[tuple[str, float], ...]
    parts: tuple[Part, ...]
    cut: str | None
    missing: tuple[str, ...]
    seconds: float
    guard: str | None = None
    previous: str = ""
    follow_up: bool = False

    @property
    def decided_by(self) -> Decider:
        """What the text comes from."""
        if self.guard:
            return "guard"
        if self.follow_up:
            return "follow-up"
        return "fallback" if self.fallback else "model"

    def as_json(self, attention: bool = False) -> dict[str, Any]:
        """JSON values of all fields; those of the parts only with `attention`."""
        values: dict[str, Any] = {
            "text": self.text,
            "score": round(self.score, 4),
            "confidence": round(self.confidence, 4),
            "fallback": self.fallback,
            "alternatives": [{"text": text, "score": round(score, 4)} for text, score in self.alternatives],
            "cut": self.cut,
            "missing": self.missing,
            "seconds": round(self.seconds, 4),
            "guard": self.guard,
            "previous": self.previous,
        }
        if attention:
            values["parts"] = [part.as_json() for part in self.parts]
        return values


EMPTY = Result("", 0.0, 0.0, False, (("", 0.0),), (), None, (), 0.0)  # the answer to an empty text among others


def cut_note(segments: Sequence[Segment]) -> str | None:
    """The note of a result about segments that were truncated or end within a sentence; None if there are none."""
    if segments[0].truncated:
        end = segments[0].source[-30:]
        return f"the text is longer than the model reads, which has not seen what comes after …{end!r}"
    cut = [segment.source for segment in segments if segment.cut]
    if not cut:
        return None
    return f"sentences longer than the model reads were split in {len(cut)} places, the first after …{cut[0][-30:]!r}"
