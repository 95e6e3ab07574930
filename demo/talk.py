"""The conversation of one visitor, which is kept while the page is open.

Messages are added as soon as they are sent. One thread answers them in order, so that no message is lost.
"""

import itertools
import secrets
import threading
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from seq2edge.demo.components.link import View
from seq2edge.demo.typed import original, shown

MOST_TURNS = 200  # largest number of turns; the oldest are dropped first
MOST_WAITING = 10  # largest number of messages without an answer


@dataclass(eq=False)
class Turn:
    """A message and its reply.

    Attributes:
        reply: The reply so far; empty while there is none.
        is_done: Whether the reply is complete.
        status: The line under the reply, as HTML.
        previous: The text that the next message may refer to.
        refused: A reply that a retry must avoid; empty: none.
        asked: The view of the answer; None if the turn was restored.
        id: Unique among all turns of the browser, which may have several pages open.
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
    """The turns of a conversation. Several threads may add, answer and change them.

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
        """Return an empty conversation. Gradio copies the value of a state for each visitor."""
        return Talk()

    def restore(self, kept: Iterable[Any]) -> None:
        """Restore the turns that the browser kept, as id, message and reply, unless there are turns already."""
        with self._lock:
            if self.turns:
                return
            for one in list(kept)[-MOST_TURNS:]:
                if isinstance(one, list | tuple) and len(one) == 3 and all(isinstance(text, str) for text in one):
                    name, message, reply = one
                    self.turns.append(Turn(message, reply, is_done=True, previous=reply, id=name))

    def add(self, message: str) -> bool:
        """Add a message. Returns False if too many are waiting."""
        with self._lock:
            if sum(not turn.is_done for turn in self.turns) >= MOST_WAITING:
                return False
            self.turns = [*self.turns[-MOST_TURNS + 1 :], Turn(message)]
            return True

    def begin(self) -> bool:
        """Return whether the caller should answer the waiting messages; False if another thread already does."""
        with self._lock:
            if self._is_answering:
                return False
            self._is_answering = True
            return True

    def waiting(self) -> Turn | None:
        """Return the next turn to answer. None means that there is none, and ends the work that `begin` started."""
        with self._lock:
            turn = next((turn for turn in self.turns if not turn.is_done), None)
            self._is_answering = turn is not None
            return turn

    def abandon(self) -> None:
        """Let another thread answer, after an error."""
        self._is_answering = False

    def is_wanted(self, turn: Turn) -> bool:
        """Return whether a turn still waits for its reply, and was neither stopped nor removed."""
        return turn in self.turns and not turn.is_done

    def grow(self, turn: Turn, reply: str) -> None:
        """Show more of a reply."""
        with self._lock:
            if self.is_wanted(turn):
                turn.reply = reply

    def finish(self, turn: Turn, reply: str, status: str, previous: str = "") -> None:
        """Complete a turn, unless it was stopped or removed."""
        with self._lock:
            if self.is_wanted(turn):
                turn.reply, turn.status, turn.previous, turn.is_done = reply, status, previous, True

    def stop(self, reply: str) -> None:
        """Complete all waiting turns, with their partial reply or, if they have none, with the given reply."""
        with self._lock:
            for turn in self.turns:
                if not turn.is_done:
                    turn.reply, turn.is_done = turn.reply or reply, True

    def previous_of(self, turn: Turn) -> str:
        """Return the text that a message may refer to, from the previous turn."""
        index = self.turns.index(turn) if turn in self.turns else 0
        return self.turns[index - 1].previous if index else ""

    def turn_at(self, index: int) -> Turn | None:
        """Return the turn at a position in `messages`."""
        return self.turns[index // 2] if 0 <= index // 2 < len(self.turns) else None

    def take_back(self, index: int) -> Turn | None:
        """Remove the turn at a position in `messages` and all that follow, and return it."""
        with self._lock:
            turn = self.turn_at(index)
            if turn is not None:
                self.turns = self.turns[: self.turns.index(turn)]
            return turn

    def again(self, index: int) -> None:
        """Answer the turn at a position in `messages` again, with another reply if possible."""
        with self._lock:
            if turn := self.take_back(index):
                self.turns = [*self.turns, Turn(turn.message, refused=turn.reply)]

    def clear(self) -> None:
        """Remove all turns."""
        self.turns, self.refusal = [], ""

    @property
    def last_answered(self) -> Turn | None:
        """The last turn whose reply is complete."""
        return next((turn for turn in reversed(self.turns) if turn.is_done), None)

    @property
    def status(self) -> str:
        """The status line, as HTML: why a message was refused, or that of the last reply."""
        last = self.last_answered
        return self.refusal or (last.status if last else "")

    def messages(self) -> list[dict[str, str]]:
        """Return the messages to show."""
        found = []
        for turn in self.turns:
            found.append({"role": "user", "content": shown(turn.message)})
            if turn.reply or turn.is_done:
                found.append({"role": "assistant", "content": shown(turn.reply)})
        return found

    def kept(self) -> list[list[str]]:
        """Return the turns for the browser to keep, in the form that `restore` takes."""
        return [[turn.id, turn.message, turn.reply] for turn in self.turns if turn.is_done]


def kept_of(messages: Iterable[dict[str, Any]]) -> list[list[str]]:
    """Return the turns that the browser shows, for `restore` after the server has restarted."""
    texts = [(message["role"], original(_text(message["content"]))) for message in messages]
    pairs = [(one, other) for (role, one), (then, other) in itertools.pairwise(texts) if role != then == "assistant"]
    return [[secrets.token_hex(8), *pair] for pair in pairs]


def _text(content: Any) -> str:
    """Return the text of a Gradio message."""
    if isinstance(content, str):
        return content
    return "".join(part.get("text", "") for part in content if isinstance(part, dict))
