"""How a chat with memory answers a message: each of its questions, and what refers to the reply before."""

import dataclasses
import re
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Annotated, TypedDict

from seq2edge.device.json_types import Items, read_json
from seq2edge.device.processors.segmentation import sentences
from seq2edge.device.result import Result
from seq2edge.device.turns import PREVIOUS, message_of

FILE = "turns.json"
MOST = 3  # questions of a message
# "and" before a question of its own, as in "what is your name and how old are you".
AND = re.compile(
    r",?\s+(?:and|also|&)\s+(?=(?:what|who|where|when|why|how|which|do|does|are|is|can|could|will|would)\b)"
    r"|\s*그리고\s+|(?<=[고며])\s+(?=(?:몇|어디|누구|뭐|무엇|왜|언제|이름)\S*)",
    re.IGNORECASE,
)


class FollowUp(TypedDict):
    """A kind of message that refers to the reply before it, such as "why?".

    Attributes:
        replies: What the model replies to such a message by itself, as if it were the first of the conversation.
        answers: For each reply before, what is said then; null: the same reply again.
    """

    replies: Annotated[list[str], Items(1)]
    answers: dict[str, str] | None


class TurnsJson(TypedDict):
    """The content of turns.json."""

    follow_ups: Annotated[list[FollowUp], Items(1)]


def read_turns(path: Path) -> list[FollowUp]:
    """The follow-ups of a bundle.

    Raises:
        UserError: If turns.json is damaged.
    """
    return read_json(path, TurnsJson, "no follow-ups")["follow_ups"]


def questions(message: str) -> list[str]:
    """The questions of a message, or none if it is one thing."""
    parts = [part.strip() for sentence in sentences(message) for part in AND.split(sentence)]
    parts = [part for part in parts if any(character.isalnum() for character in part)]
    return parts if 2 <= len(parts) <= MOST else []


class TurnTaking:
    """Answers sources that are a message alone or with the reply before it.

    The model replies to the message by itself. If that reply is one of a follow-up, the answer is looked up by the
    reply before. A message of several questions gets the reply to each, if the model is surer of each of them than of
    the whole.

    Args:
        run_each: Answers messages.
        follow_ups: Those of the bundle.
    """

    def __init__(
        self, run_each: Callable[[Sequence[str]], Iterator[tuple[int, Result]]], follow_ups: Sequence[FollowUp]
    ):
        self.run_each = run_each
        self.answers_to = {reply: kind["answers"] for kind in follow_ups for reply in kind["replies"]}

    def answers(self, sources: Sequence[str]) -> list[Result]:
        """The answers in order."""
        messages = [message_of(source) for source in sources]
        parts = [questions(message) for message in messages]
        replies = dict(self.run_each([*messages, *(part for some in parts for part in some)]))
        of_parts = (replies[index] for index in range(len(messages), len(replies)))
        joined = [_joined(replies[index], [next(of_parts) for _ in some]) for index, some in enumerate(parts)]
        return [self._follow_up(source, reply) for source, reply in zip(sources, joined, strict=True)]

    def _follow_up(self, source: str, result: Result) -> Result:
        """The result, or what is said after the reply before if the message refers to that."""
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
    """The replies to the parts of a message after each other, or the reply to the whole."""
    replies = list(dict.fromkeys(part.text for part in parts))
    is_sure = not any(one.fallback or one.guard for one in parts) and not whole.guard
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
