"""What a search did, step by step: the hypotheses it kept, those it dropped, and what it might have written instead."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from seq2edge.device.search.phrases import Ids
from seq2edge.device.special_ids import BOS, EOS

DIGITS = 4  # of numbers in JSON


@dataclass(frozen=True)
class Node:
    """A hypothesis, as its last token and the hypothesis that it continues.

    Attributes:
        id: Unique within a trace; 0 is the root, which has no tokens.
        parent: The id of the hypothesis without the last token; None: this is the root.
        token_id: The last token; eos where the hypothesis ended.
        log_prob: Of the last token in nats, as the model gave it.
        score: What the search would rank it by if it ended here.
    """

    id: int
    parent: int | None
    token_id: int
    log_prob: float
    score: float

    def as_json(self) -> dict[str, Any]:
        """JSON values of all fields."""
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
    """What the model would write after a hypothesis, most likely first, before constraints change it.

    Attributes:
        node: The id of the hypothesis.
        log_probs: Of each token in nats.
    """

    node: int
    token_ids: tuple[int, ...]
    log_probs: tuple[float, ...]

    def as_json(self) -> dict[str, Any]:
        """JSON values of all fields."""
        log_probs = [round(value, DIGITS) for value in self.log_probs]
        return {"node": self.node, "token_ids": self.token_ids, "log_probs": log_probs}


@dataclass(frozen=True)
class TraceStep:
    """A step of a search.

    Attributes:
        next_tokens: What may follow each hypothesis that was live before the step.
        live: The hypotheses that go on.
        dropped: The best continuations that the search did not keep, some for each hypothesis.
        finished: Those that ended in this step and were good enough to be kept. One that was cut because nothing may
            follow it has the id that it had as a live hypothesis.
    """

    next_tokens: tuple[NextTokens, ...]
    live: tuple[Node, ...]
    dropped: tuple[Node, ...]
    finished: tuple[Node, ...]

    def as_json(self) -> dict[str, Any]:
        """JSON values of all fields."""
        return {
            "next_tokens": [one.as_json() for one in self.next_tokens],
            "live": [node.as_json() for node in self.live],
            "dropped": [node.as_json() for node in self.dropped],
            "finished": [node.as_json() for node in self.finished],
        }


@dataclass(frozen=True)
class Trace:
    """A whole search for the target of one source.

    Attributes:
        best: The id of the hypothesis that was returned first.
    """

    steps: tuple[TraceStep, ...]
    best: int

    @cached_property
    def nodes(self) -> dict[int, Node]:
        """All hypotheses by their ids, those of earlier steps first."""
        found = {ROOT.id: ROOT}
        for step in self.steps:
            found |= {node.id: node for node in (*step.live, *step.dropped, *step.finished)}
        return found

    @cached_property
    def next_tokens(self) -> dict[int, NextTokens]:
        """What may follow each hypothesis that was live, by its id."""
        return {one.node: one for step in self.steps for one in step.next_tokens}

    def path(self, node: int) -> tuple[Node, ...]:
        """The hypotheses from the first token to this one; the root's is empty."""
        found, at = [], self.nodes[node]
        while at.parent is not None:
            found.append(at)
            at = self.nodes[at.parent]
        return tuple(reversed(found))

    def ids(self, node: int) -> Ids:
        """The token ids of a hypothesis, without eos."""
        return tuple(one.token_id for one in self.path(node) if one.token_id != EOS)

    def as_json(self) -> dict[str, Any]:
        """JSON values of all fields."""
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
