"""What a runner answers."""

from dataclasses import dataclass
from typing import Any

import numpy as np


@dataclass(frozen=True)
class Part:
    """One stretch of the source that was decoded at once.

    Attributes:
        log_probs: Of each target token, in nats, and of the end where it was reached.
        attention: `(target tokens, source tokens)`, or None where the model has none.
        alignment: For each target token the number of the source token looked at most.
    """

    source_tokens: tuple[str, ...]
    target_tokens: tuple[str, ...]
    log_probs: tuple[float, ...]
    attention: np.ndarray | None
    alignment: tuple[int, ...] | None

    def as_json(self) -> dict[str, Any]:
        return {
            "source": self.source_tokens,
            "target": self.target_tokens,
            "log_probs": [round(value, 4) for value in self.log_probs],
            "alignment": self.alignment,
            "attention": None if self.attention is None else self.attention.round(4).tolist(),
        }


@dataclass(frozen=True)
class Result:
    """What a runner answers.

    Attributes:
        score: Mean of the parts' scores (log-probability over length penalty).
        confidence: Mean probability of a token (geometric), 0 to 1.
        fallback: The text is the bundle's line for that, not the model's reply.
        alternatives: (text, score) of the n best, best first; of a text that was split, the joined ones.
        cut: What could not be read in one token, for the user to know; None where nothing was cut.
        missing: Required phrases that the text lacks, because they did not fit.
        seconds: Time it took.
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

    def as_json(self, attention: bool = False) -> dict[str, Any]:
        """What a program reads; with `attention` also the parts."""
        values: dict[str, Any] = {
            "text": self.text,
            "score": round(self.score, 4),
            "confidence": round(self.confidence, 4),
            "fallback": self.fallback,
            "alternatives": [{"text": text, "score": round(score, 4)} for text, score in self.alternatives],
            "cut": self.cut,
            "missing": self.missing,
            "seconds": round(self.seconds, 4),
        }
        if attention:
            values["parts"] = [part.as_json() for part in self.parts]
        return values


NOTHING = Result("", 0.0, 0.0, False, (("", 0.0),), (), None, (), 0.0)  # what an empty text in a list is answered
