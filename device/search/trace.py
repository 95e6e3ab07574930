"""A record of a search: for each step the kept and dropped hypotheses and the most likely next tokens."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from seq2edge.device.search.phrases import Ids
from seq2edge.device.special_ids import BOS, EOS

DIGITS = 4  # of numbers in JSON


@dataclass(frozen=True)
class Node:
    """A hypothesis, stored as its last token and a reference to the hypothesis that it continues.

    Attributes:
        id: Id, unique within a trace. 0 is the root, which has no tokens.
        parent: Id of the hypothesis without the last token; None for the root.
        token_id: The last token; eos if the hypothesis ended.
        log_prob: Log-probability of the last token in nats, before the logit filters.
        score: Score that the hypothesis would have if it ended here.
    """

    id: int
    parent: int | None
    token_id: int
    log_prob: float
    score: float

    def as_json(self) -> dict[str, Any]:
        """Convert all fields to JSON values."""
        return {
            "id": self.id,
            "parent": self.parent,
            "token_id": self.token_id,
            "log_prob": round(self.log_prob, DIGITS),
            "score": round(self.score, DIGITS),
        }


ROOT = Node(0, None, BOS, 0.0, 0.0)


@dataclass(frozen=True)
class NextTokens:
    """The most likely next tokens of a hypothesis, most likely first, before the logit filters.

    Attributes:
        node: Id of the hypothesis.
        token_ids: Ids of the tokens.
        log_probs: Log-probability of each token in nats.
    """

    node: int
    token_ids: tuple[int, ...]
    log_probs: tuple[float, ...]

    def as_json(self) -> dict[str, Any]:
        """Convert all fields to JSON values."""
        log_probs = [round(value, DIGITS) for value in self.log_probs]
        return {"node": self.node, "token_ids": self.token_ids, "log_probs": log_probs}


@dataclass(frozen=True)
class TraceStep:
    """A step of a search.

    Attributes:
        next_tokens: Next tokens of each hypothesis that was live before the step.
        live: Hypotheses that the search continues.
        dropped: The best continuations that the search did not keep; a few for each hypothesis.
        finished: Hypotheses that ended in this step and were kept. A hypothesis that was cut because every next token
            is forbidden keeps the id it had while it was live.
    """

    next_tokens: tuple[NextTokens, ...]
    live: tuple[Node, ...]
    dropped: tuple[Node, ...]
    finished: tuple[Node, ...]

    def as_json(self) -> dict[str, Any]:
        """Convert all fields to JSON values."""
        return {
            "next_tokens": [one.as_json() for one in self.next_tokens],
            "live": [node.as_json() for node in self.live],
            "dropped": [node.as_json() for node in self.dropped],
            "finished": [node.as_json() for node in self.finished],
        }


@dataclass(frozen=True)
class Trace:
    """The trace of a whole search for one source.

    Attributes:
        steps: The steps, in order.
        best: Id of the best hypothesis.
    """

    steps: tuple[TraceStep, ...]
    best: int

    @cached_property
    def nodes(self) -> dict[int, Node]:
        """All hypotheses by id, in the order of the steps."""
        found = {ROOT.id: ROOT}
        for step in self.steps:
            found |= {node.id: node for node in (*step.live, *step.dropped, *step.finished)}
        return found

    @cached_property
    def next_tokens(self) -> dict[int, NextTokens]:
        """Next tokens of each hypothesis that was live, by id of the hypothesis."""
        return {one.node: one for step in self.steps for one in step.next_tokens}

    def path(self, node: int) -> tuple[Node, ...]:
        """The hypotheses from the first token to this one; empty for the root."""
        found, at = [], self.nodes[node]
        while at.parent is not None:
            found.append(at)
            at = self.nodes[at.parent]
        return tuple(reversed(found))

    def ids(self, node: int) -> Ids:
        """The token ids of a hypothesis, without eos."""
        return tuple(one.token_id for one in self.path(node) if one.token_id != EOS)

    def as_json(self) -> dict[str, Any]:
        """Convert all fields to JSON values."""
        return {"best": self.best, "steps": [step.as_json() for step in self.steps]}


def highest(nodes: Sequence[Node], count: int) -> list[Node]:
    """The nodes with the highest scores, at most `count` for each parent, best first."""
    kept: dict[int | None, int] = {}
    found = []
    for node in sorted(nodes, key=lambda node: -node.score):
        kept[node.parent] = kept.get(node.parent, 0) + 1
        if kept[node.parent] <= count:
            found.append(node)
    return found
