"""The result that a runner returns."""

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
        source_tokens, target_tokens: Tokens as strings for display; "▁" is a space.
        log_probs: Log-probability of each target token in nats, and of eos if it was reached.
        attention: Weights `(target_length, source_length)`; None if the model has no attention.
        alignment: For each target token the index of the source token with the largest attention weight.
        trace: Trace of the search; None if it was not traced.
    """

    source_tokens: tuple[str, ...]
    target_tokens: tuple[str, ...]
    log_probs: tuple[float, ...]
    attention: np.ndarray | None
    alignment: tuple[int, ...] | None
    trace: Trace | None = None

    def as_json(self) -> dict[str, Any]:
        """Convert all fields except the trace to JSON values."""
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
        text: The answer to show.
        score: Mean score of the parts (log-probability divided by length penalty); for a label its probability.
        confidence: Geometric mean of the probabilities of the tokens, 0 to 1; for a label its probability.
        fallback: Whether `text` is the fallback line of the bundle instead of the model's reply.
        alternatives: Text and score of the n best answers, best first.
        parts: Segments of the source with their targets; empty if the guard answered.
        cut: A note about sentences that were split or a text that was truncated because of its length; None if there
            were none.
        unread: A note about a text in a script that the model was not trained on; None if it was.
        unsure: A note about an answer with an unusually low confidence, as for texts unlike those that the model was
            trained on; None if it is usual.
        missing: Required phrases, and with `all_items` items of the source, that `text` lacks.
        seconds: Elapsed time in seconds.
        guard: Category of the guard that answered instead of the model; None if the model answered.
        previous: The reply that the next message of a conversation may refer to; empty if there is none.
        follow_up: Whether `text` was looked up for the previous reply, because the message refers to that reply.
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
    unread: str | None = None
    unsure: str | None = None

    @property
    def decided_by(self) -> Decider:
        """What produced the text."""
        if self.guard:
            return "guard"
        if self.follow_up:
            return "follow-up"
        return "fallback" if self.fallback else "model"

    def as_json(self, attention: bool = False) -> dict[str, Any]:
        """Convert the fields to JSON values. The parts are included only with `attention`."""
        values: dict[str, Any] = {
            "text": self.text,
            "score": round(self.score, 4),
            "confidence": round(self.confidence, 4),
            "fallback": self.fallback,
            "alternatives": [{"text": text, "score": round(score, 4)} for text, score in self.alternatives],
            "cut": self.cut,
            "unread": self.unread,
            "unsure": self.unsure,
            "missing": self.missing,
            "seconds": round(self.seconds, 4),
            "guard": self.guard,
            "previous": self.previous,
        }
        if attention:
            values["parts"] = [part.as_json() for part in self.parts]
        return values


EMPTY = Result("", 0.0, 0.0, False, (("", 0.0),), (), None, (), 0.0)  # the answer to an empty text in a list of texts


def unsure_note(confidence: float, usual: float) -> str | None:
    """Return a note if the confidence of an answer is lower than usual; None if it is not."""
    if confidence >= usual:
        return None
    return f"the model is unsure: confidence {confidence:.2f}, while it is usually at least {usual:.2f}"


def cut_note(segments: Sequence[Segment]) -> str | None:
    """Return a note about segments that were truncated or end within a sentence; None if there are none."""
    if segments[0].truncated:
        end = segments[0].source[-30:]
        return f"the text is longer than the model reads; everything after …{end!r} was ignored"
    cut = [segment.source for segment in segments if segment.cut]
    if not cut:
        return None
    return f"sentences longer than the model reads were split in {len(cut)} places, the first after …{cut[0][-30:]!r}"
