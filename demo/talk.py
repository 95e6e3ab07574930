"""A conversation of one visitor, as it is kept while the page is open.

What is sent is added at once and answered in order by whoever answers already, so no message waits in a place where it
could be lost.
"""

import itertools
import secrets
import threading
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from seq2edge.demo.components.link import View
from seq2edge.demo.typed import original, shown

MOST_TURNS = 200  # kept; the oldest go first
MOST_WAITING = 10  # messages that are not answered yet


@dataclass(eq=False)
class Turn:
    """A message and its reply.

    Attributes:
        reply: Empty while there is none.
        is_done: Whether the reply is complete.
        status: The line under the reply, as HTML.
        previous: What the next message may refer to.
        refused: A reply that a retry is to avoid; empty: none.
        asked: What the model was asked; None: the reply is not of this page.
        id: Different from all other turns of the browser, which may have several pages open.
    """

    message: str
    reply: str = ""
    is_done: bool = False
    status: str = ""
    previous: str = ""
    refused: str = ""
    asked: View | None = None
    id: str = field(default_factory=lambda: secrets.token_hex(8))


class Talk:
    """The turns of a conversation, for the threads that add, answer and change them.

    Attributes:
        turns: In order.
        refusal: Why the messages that were sent last were not all added, as HTML; empty: they were.
    """

    def __init__(self) -> None:
        self.turns: list[Turn] = []
        self.refusal = ""
        self._is_answering = False
        self._lock = threading.RLock()

    def __deepcopy__(self, _: Any) -> "Talk":
        """Gradio copies the value of a state for each visitor, who starts with an empty conversation."""
        return Talk()

    def restore(self, kept: Iterable[Any]) -> None:
        """Take up what the browser kept, unless there are turns already: id, message and reply of each."""
        with self._lock:
            if self.turns:
                return
            for one in list(kept)[-MOST_TURNS:]:
                if isinstance(one, list | tuple) and len(one) == 3 and all(isinstance(text, str) for text in one):
                    name, message, reply = one
                    self.turns.append(Turn(message, reply, is_done=True, previous=reply, id=name))

    def add(self, message: str) -> bool:
        """Add a message; False if too many wait already."""
        with self._lock:
            if sum(not turn.is_done for turn in self.turns) >= MOST_WAITING:
                return False
            self.turns = [*self.turns[-MOST_TURNS + 1 :], Turn(message)]
            return True

    def begin(self) -> bool:
        """Whether the caller is to answer what waits; False if somebody does."""
        with self._lock:
            if self._is_answering:
                return False
            self._is_answering = True
            return True

    def waiting(self) -> Turn | None:
        """The next turn to answer; None ends what `begin` began."""
        with self._lock:
            turn = next((turn for turn in self.turns if not turn.is_done), None)
            self._is_answering = turn is not None
            return turn

    def abandon(self) -> None:
        """Let somebody else answer, after an error."""
        self._is_answering = False

    def is_wanted(self, turn: Turn) -> bool:
        """Whether a turn still waits for its reply: it was neither stopped nor taken back."""
        return turn in self.turns and not turn.is_done

    def grow(self, turn: Turn, reply: str) -> None:
        """Show more of a reply."""
        with self._lock:
            if self.is_wanted(turn):
                turn.reply = reply

    def finish(self, turn: Turn, reply: str, status: str, previous: str = "") -> None:
        """Complete a turn, unless it was stopped or taken back."""
        with self._lock:
            if self.is_wanted(turn):
                turn.reply, turn.status, turn.previous, turn.is_done = reply, status, previous, True

    def stop(self, reply: str) -> None:
        """Complete all turns that wait: with what there is of their replies, or with this one."""
        with self._lock:
            for turn in self.turns:
                if not turn.is_done:
                    turn.reply, turn.is_done = turn.reply or reply, True

    def previous_of(self, turn: Turn) -> str:
        """What a message may refer to: of the turn before it."""
        index = self.turns.index(turn) if turn in self.turns else 0
        return self.turns[index - 1].previous if index else ""

    def turn_at(self, index: int) -> Turn | None:
        """The turn of a position in `messages`."""
        return self.turns[index // 2] if 0 <= index // 2 < len(self.turns) else None

    def take_back(self, index: int) -> Turn | None:
        """Remove the turn of a position in `messages` and all after it, and return it."""
        with self._lock:
            turn = self.turn_at(index)
            if turn is not None:
                self.turns = self.turns[: self.turns.index(turn)]
            return turn

    def again(self, index: int) -> None:
        """Answer the turn of a position in `messages` once more, with another reply if there is one."""
        with self._lock:
            if turn := self.take_back(index):
                self.turns = [*self.turns, Turn(turn.message, refused=turn.reply)]

    def clear(self) -> None:
        """Forget everything."""
        self.turns, self.refusal = [], ""

    def messages(self) -> list[dict[str, str]]:
        """What the conversation shows."""
        found = []
        for turn in self.turns:
            found.append({"role": "user", "content": shown(turn.message)})
            if turn.reply or turn.is_done:
                found.append({"role": "assistant", "content": shown(turn.reply)})
        return found

    def kept(self) -> list[list[str]]:
        """What the browser keeps, for `restore`."""
        return [[turn.id, turn.message, turn.reply] for turn in self.turns if turn.is_done]


def kept_of(messages: Iterable[dict[str, Any]]) -> list[list[str]]:
    """The turns that a conversation in the browser shows, for `restore` by a server that has started anew."""
    texts = [(message["role"], original(_text(message["content"]))) for message in messages]
    pairs = [(one, other) for (role, one), (then, other) in itertools.pairwise(texts) if role != then == "assistant"]
    return [[secrets.token_hex(8), *pair] for pair in pairs]


def _text(content: Any) -> str:
    """The text of a message of Gradio's."""
    if isinstance(content, str):
        return content
    return "".join(part.get("text", "") for part in content if isinstance(part, dict))
