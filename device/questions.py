"""Messages that ask two things at once, each of which gets its reply."""

import dataclasses
import re
from collections.abc import Sequence

from seq2edge.device.processors.segmentation import sentences
from seq2edge.device.result import Result

MOST = 3  # parts of a message
# "and" before a question of its own, as in "what is your name and how old are you".
AND = re.compile(
    r",?\s+(?:and|also|&)\s+(?=(?:what|who|where|when|why|how|which|do|does|are|is|can|could|will|would)\b)"
    r"|(?<=[?!.])\s*그리고\s+|\s+그리고\s+|(?<=[고며])\s+(?=(?:몇|어디|누구|뭐|무엇|왜|언제|이름)\S*)",
    re.IGNORECASE,
)


def parts_of(message: str) -> list[str]:
    """The questions of a message, or none if it is one thing."""
    parts = [part.strip() for sentence in sentences(message) for part in AND.split(sentence)]
    parts = [part for part in parts if any(character.isalnum() for character in part)]
    return parts if 2 <= len(parts) <= MOST else []


def answer_of(whole: Result, parts: Sequence[Result]) -> Result:
    """The replies to the parts after each other, if the model is surer of each than of the whole and they differ;
    else the reply to the whole."""
    replies = list(dict.fromkeys(part.text for part in parts))
    is_sure = not any(part.fallback or part.guard for part in parts)
    if len(replies) < 2 or not is_sure or min(part.score for part in parts) < whole.score:
        return whole
    return dataclasses.replace(
        parts[0],
        text=" ".join(replies),
        score=min(part.score for part in parts),
        confidence=min(part.confidence for part in parts),
        parts=tuple(one for part in parts for one in part.parts),
        seconds=whole.seconds + sum(part.seconds for part in parts),
        previous=parts[-1].previous,
    )
