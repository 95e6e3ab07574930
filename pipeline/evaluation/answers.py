"""What a system said to one source, as an evaluation keeps it."""

from dataclasses import dataclass
from typing import Any

import numpy as np

from seq2edge.device.result import Result


@dataclass(frozen=True)
class Answer:
    """One answer.

    Attributes:
        text: What the model said, also where a bundle would rather have said that it is unsure.
        confidence: As in `Result`.
        source_length: Tokens of the source.
        parts: Source tokens, target tokens and attention (in percent, a row for each target token) of each part.
    """

    text: str
    confidence: float
    source_length: int
    parts: list[dict[str, Any]]

    @classmethod
    def of(cls, result: Result) -> "Answer":
        parts = [
            {
                "source": list(part.source_tokens),
                "target": list(part.target_tokens),
                "attention": None if part.attention is None else np.round(100 * part.attention).astype(int).tolist(),
            }
            for part in result.parts
        ]
        length = sum(len(part.source_tokens) for part in result.parts)
        return cls(result.alternatives[0][0], round(result.confidence, 4), length, parts)
