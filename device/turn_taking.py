"""How a chat with memory answers a message: each of its questions, and what refers to the reply before."""

import dataclasses
import re
from collections.abc import Callable, Iterator, Mapping, Sequence

from seq2edge.device.processors.segmentation import sentences
from seq2edge.device.result import Result
from seq2edge.device.turns import PREVIOUS, message_of, with_previous

MOST = 3  # questions of a message
# "and" before a question of its own, as in "what is your name and how old are you".
AND = re.compile(
    r",?\s+(?:and|also|&)\s+(?=(?:what|who|where|when|why|how|which|do|does|are|is|can|could|will|would)\b)"
    r"|\s*그리고\s+|(?<=[고며])\s+(?=(?:몇|어디|누구|뭐|무엇|왜|언제|이름)\S*)",
    re.IGNORECASE,
)


def questions(message: str) -> list[str]:
    """The questions of a message, or none if it is one thing."""
    parts = [part.strip() for sentence in sentences(message) for part in AND.split(sentence)]
    parts = [part for part in parts if any(character.isalnum() for character in part)]
    return parts if 2 <= len(parts) <= MOST else []


@dataclasses.dataclass(frozen=True)
class TurnTaking:
    """Answers sources that are a message alone or with the reply before it.

    A message is read by itself. If the reply to that is one of `follow_ups`, it refers to the reply before, and the
    model reads both. A message of several questions gets the reply to each, if the model is surer of each of them than
    of the whole.

    Attributes:
        run_each: Answers sources as they are.
        follow_ups: For the replies of messages that refer to the reply before: the message to read with it.
    """

    run_each: Callable[[Sequence[str]], Iterator[tuple[int, Result]]]
    follow_ups: Mapping[str, str]

    def answers(self, sources: Sequence[str]) -> list[Result]:
        """The answers in order."""
        messages = [message_of(source) for source in sources]
        parts = [questions(message) for message in messages]
        first = self._run([*messages, *(part for some in parts for part in some)])
        results, of_parts = first[: len(messages)], iter(first[len(messages) :])
        for index, some in enumerate(parts):
            results[index] = _joined(results[index], [next(of_parts) for _ in some])
        again = {index: self._with_previous(source, results[index]) for index, source in enumerate(sources)}
        again = {index: source for index, source in again.items() if source}
        for index, result in zip(again, self._run(list(again.values())), strict=True):
            results[index] = result
        return results

    def _run(self, sources: Sequence[str]) -> list[Result]:
        found = dict(self.run_each(sources))
        return [found[index] for index in range(len(sources))]

    def _with_previous(self, source: str, result: Result) -> str:
        """What the model reads if the message refers to the reply before, else nothing."""
        previous = source.partition(PREVIOUS)[2].strip()
        message = None if result.guard else self.follow_ups.get(result.alternatives[0][0])
        return with_previous(message, previous) if message and previous else ""


def _joined(whole: Result, parts: Sequence[Result]) -> Result:
    """The replies to the parts of a message after each other, or the reply to the whole."""
    replies = list(dict.fromkeys(part.text for part in parts))
    is_sure = not any(one.fallback or one.guard for one in (*parts, whole) if one is not whole or one.guard)
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
