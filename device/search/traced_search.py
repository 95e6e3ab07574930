"""A search that records a trace.

Tracing is a subclass, so that an ordinary search has no code for it and is not slowed down.
"""

from collections.abc import Iterator, Sequence

import numpy as np

from seq2edge.device.processors.interface import Features
from seq2edge.device.search.beam import Candidate, Step, top_indices
from seq2edge.device.search.decoding import decode_steps
from seq2edge.device.search.hypothesis import Finished, Hypothesis, Live
from seq2edge.device.search.model import SequenceModel
from seq2edge.device.search.options import DecodingOptions
from seq2edge.device.search.phrases import NO_PHRASES, Phrases
from seq2edge.device.search.search import Search
from seq2edge.device.search.trace import ROOT, NextTokens, Node, Trace, TraceStep, highest

NEXT_TOKENS = 10  # recorded for each live hypothesis
DROPPED = 5  # dropped continuations recorded for each live hypothesis


class TracedSearch(Search):
    """A `Search` that records a trace. Arguments and results are those of `Search`."""

    def __init__(self, options: DecodingOptions, phrases: Phrases, source: Features):
        super().__init__(options, phrases, source)
        self.steps: list[TraceStep] = []
        self.number = 1  # id of the next node
        self.of_rows = [ROOT]  # the node of each live hypothesis
        self.endings: list[tuple[Finished, Node]] = []
        self.considered: list[tuple[Candidate, Live]] = []
        self.step: Step

    def advance(
        self, log_probs: np.ndarray, attention: np.ndarray | None, token_ids: np.ndarray | None = None
    ) -> list[int]:
        self.considered = []
        rows = super().advance(log_probs, attention, token_ids)
        self.steps.append(self._recorded())
        return rows

    def _advance_group(self, index: int, step: Step) -> list[tuple[Live, int]]:
        self.step = step
        return super()._advance_group(index, step)

    def _extend(self, step: Step, candidate: Candidate, group: int) -> Live:
        after = super()._extend(step, candidate, group)
        self.considered.append((candidate, after))
        return after

    def _recorded(self) -> TraceStep:
        """Record the last step, and set the nodes of the rows for the next one."""
        nodes = {id(after): self._node(candidate, after) for candidate, after in self.considered}
        known = {id(finished) for finished, _ in self.endings}
        endings = [
            (finished, self._ending(finished, nodes.get(id(finished.live))))
            for group in self.groups
            for finished in group.finished
            if id(finished) not in known
        ]
        next_tokens = tuple(self._next_tokens(row) for row in range(len(self.of_rows)))
        live = [nodes[id(one)] for one in self.live]
        kept = {node.id for node in (*live, *(node for _, node in endings))}
        lost = [node for node in nodes.values() if node.id not in kept] + list(self._not_considered())
        self.endings += endings
        self.of_rows = live
        return TraceStep(next_tokens, tuple(live), tuple(highest(lost, DROPPED)), tuple(node for _, node in endings))

    def _node(self, candidate: Candidate, after: Live) -> Node:
        self.number += 1
        score = self.groups[0].ranker.score(after)
        return Node(self.number - 1, self.of_rows[candidate.row].id, candidate.token, candidate.log_prob, score)

    def _ending(self, finished: Finished, node: Node | None) -> Node:
        """The node of a finished hypothesis. `node` is None if it was cut because every next token is forbidden."""
        if node is not None:
            return node
        row = next(row for row, live in enumerate(self.step.live) if live is finished.live)
        return self.of_rows[row]

    def _not_considered(self) -> Iterator[Node]:
        """Yield the best continuations of each row that the search did not consider."""
        seen = {(candidate.row, candidate.token) for candidate, _ in self.considered}
        for row in range(len(self.of_rows)):
            filtered, log_probs = self.step.filtered[row], self.step.log_probs[row]
            taken = sum(of_row == row for of_row, _ in seen)
            for column in top_indices(filtered, min(DROPPED + taken, len(filtered))):
                token = self._token(row, column)
                if (row, token) in seen or not np.isfinite(filtered[column]):
                    continue
                candidate = Candidate(row, token, float(log_probs[column]), float(filtered[column]))
                yield self._node(candidate, super()._extend(self.step, candidate, self.step.live[row].group or 0))

    def _next_tokens(self, row: int) -> NextTokens:
        """The most likely next tokens of a row, followed by less likely ones that the search chose."""
        log_probs = self.step.log_probs[row]
        found = {
            self._token(row, column): float(log_probs[column])
            for column in top_indices(log_probs, min(NEXT_TOKENS, len(log_probs)))
            if np.isfinite(log_probs[column])
        }
        found |= {one.token: one.log_prob for one, _ in self.considered if one.row == row and one.token not in found}
        return NextTokens(self.of_rows[row].id, tuple(found), tuple(found.values()))

    def _token(self, row: int, column: int) -> int:
        return int(column if self.step.token_ids is None else self.step.token_ids[row, column])

    @property
    def trace(self) -> Trace:
        """The trace of the search so far."""
        best = self.results()[0]
        node = next(
            node for finished, node in self.endings if (finished.live.ids, finished.score) == (best.ids, best.score)
        )
        return Trace(tuple(self.steps), node.id)


def decode_traced(
    model: SequenceModel, sources: Sequence[Features], options: DecodingOptions, phrases: Phrases = NO_PHRASES
) -> list[tuple[list[Hypothesis], Trace]]:
    """Do what `decode` does, and return a trace for each source. Greedy searches run step by step, too.

    Arguments and errors are those of `decode`.
    """
    searches: Sequence[Search] = []
    steps = decode_steps(model, sources, options, phrases, TracedSearch)
    while True:
        try:
            searches = next(steps)
        except StopIteration as end:
            traces = [search.trace for search in searches if isinstance(search, TracedSearch)]
            return list(zip(end.value, traces, strict=True))
