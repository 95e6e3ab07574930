"""How a chat with memory answers messages that have several questions or refer to the previous reply."""

import dataclasses
import re
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Annotated, TypedDict

from seq2edge.device.json_types import Items, read_json
from seq2edge.device.processors.segmentation import sentences
from seq2edge.device.processors.text import MAX_CHARACTERS
from seq2edge.device.result import Result
from seq2edge.device.turns import PREVIOUS, message_of

FILE = "turns.json"
MOST = 3  # questions that a message is split into
# "and" before another question, as in "what is your name and how old are you".
AND = re.compile(
    r",?\s+(?:and|also|&)\s+(?=(?:what|who|where|when|why|how|which|do|does|are|is|can|could|will|would)\b)"
    r"|\s*그리고\s+|(?<=[고며])\s+(?=(?:몇|어디|누구|뭐|무엇|왜|언제|이름)\S*)",
    re.IGNORECASE,
)


class FollowUp(TypedDict):
    """A kind of message that refers to the previous reply, such as "why?".

    Attributes:
        replies: Replies of the model to such a message alone, without the previous reply. They identify the kind.
        answers: Maps each previous reply to the answer; null: the previous reply is repeated.
    """

    replies: Annotated[list[str], Items(1)]
    answers: dict[str, str] | None


class TurnsJson(TypedDict):
    """The content of turns.json."""

    follow_ups: Annotated[list[FollowUp], Items(1)]


def read_turns(path: Path) -> list[FollowUp]:
    """Read turns.json, the follow-ups of a bundle.

    Raises:
        UserError: If the file is damaged.
    """
    return read_json(path, TurnsJson, "not a file of follow-ups")["follow_ups"]


def statements(message: str) -> list[str]:
    """Split a message into its sentences, and these at "and" before a question. A line feed ends a sentence too."""
    lines = (" ".join(line.split()) for line in message[:MAX_CHARACTERS].split("\n"))
    parts = (part.strip() for line in lines for sentence in sentences(line) for part in AND.split(sentence))
    return [part for part in parts if any(character.isalnum() for character in part)]


def questions(message: str) -> list[str]:
    """Split a message into its questions; return an empty list if there is only one, or more than `MOST`."""
    parts = statements(message)
    return parts if 2 <= len(parts) <= MOST else []


class TurnTaking:
    """Answers sources that are a message, alone or with the previous reply.

    The model replies to the message alone. If this reply belongs to a follow-up, the answer is looked up for the
    previous reply. If a message has several questions, and the model gives each of them a higher score than the whole
    message, the replies to the questions are joined.

    Args:
        run_each: Answers messages with the model.
        follow_ups: The follow-ups of the bundle.
    """

    def __init__(
        self, run_each: Callable[[Sequence[str]], Iterator[tuple[int, Result]]], follow_ups: Sequence[FollowUp]
    ):
        self.run_each = run_each
        self.answers_to = {reply: kind["answers"] for kind in follow_ups for reply in kind["replies"]}

    def answers(self, sources: Sequence[str]) -> list[Result]:
        """Answer sources and return the results in order."""
        messages = [message_of(source) for source in sources]
        parts = [questions(message) for message in messages]
        replies = dict(self.run_each([*messages, *(part for some in parts for part in some)]))
        of_parts = (replies[index] for index in range(len(messages), len(replies)))
        joined = [_joined(replies[index], [next(of_parts) for _ in some]) for index, some in enumerate(parts)]
        return [self._follow_up(source, reply) for source, reply in zip(sources, joined, strict=True)]

    def _follow_up(self, source: str, result: Result) -> Result:
        """Return the result, or the follow-up to the previous reply if the message refers to it."""
        previous, reply = source.partition(PREVIOUS)[2].strip(), result.alternatives[0][0]
        if result.guard or not previous or reply not in self.answers_to:
            return result
        answers = self.answers_to[reply]
        answer = previous if answers is None else answers.get(previous, reply)
        return dataclasses.replace(
            result,
            text=answer,
            fallback=False,
            alternatives=((answer, result.score),),
            previous=answer,
            follow_up=True,
        )


def _joined(whole: Result, parts: Sequence[Result]) -> Result:
    """Join the replies to the questions of a message, or return the reply to the whole message.

    If the guard answers the message, its answer is returned.
    """
    if whole.guard:
        return whole
    replies = list(dict.fromkeys(part.text for part in parts))
    is_sure = not any(one.fallback for one in parts)
    if len(replies) < 2 or not is_sure or min(part.score for part in parts) < whole.score:
        return whole
    text, score = " ".join(replies), min(part.score for part in parts)
    return dataclasses.replace(
        parts[0],
        text=text,
        score=score,
        confidence=min(part.confidence for part in parts),
        alternatives=((text, score),),
        parts=tuple(one for part in parts for one in part.parts),
        seconds=whole.seconds + sum(part.seconds for part in parts),
        previous=parts[-1].previous,
    )
