"""The search as a tree, with kept and dropped hypotheses and the path of the answer."""

import itertools
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from math import exp

from seq2edge.demo.components.markup import columns_of, escape, percent, shortened, token_label
from seq2edge.device.inspection import InspectedPart
from seq2edge.device.search.trace import ROOT, Node
from seq2edge.device.special_ids import EOS

MOST = 80  # largest number of nodes
DROPPED = {"winner": 2, "kept": 1, "pruned": 0}  # number of dropped children shown for a node, by its state
HEIGHT, ROW, GAP = 38, 48, 36  # of a box, from row to row, and between columns, in pixels
LEAST_WIDTH, ROOT_WIDTH = 92, 64  # of a box, in pixels; the root has no numbers
MOST_TEXT = 28  # columns of text in a box
PIXELS = 8  # width of a column of text
MINUS = str.maketrans("-", "−")


@dataclass(frozen=True)
class Place:
    """The place of a node: its distance from the root, and its row from the top."""

    column: int
    row: int

    @property
    def top(self) -> int:
        """Top edge of the box in pixels."""
        return ROW * self.row


class BeamTree:
    """The layout of a search trace. The answer is the top row, and better hypotheses are above worse ones.

    Args:
        part: A part of an inspection.
        strings: The texts of a language, from `words.table`.
    """

    def __init__(self, part: InspectedPart, strings: Mapping[str, str]):
        self.part, self.trace, self.strings = part, part.trace, strings
        self.best = {ROOT.id, *(node.id for node in self.trace.path(self.trace.best))}
        self.finished = sorted(
            (node for step in self.trace.steps for node in step.finished), key=lambda node: -node.score
        )
        ends = [node.id for node in self.finished if node.id in self.trace.nodes]
        self.kept = {node.id for end in ends for node in self.trace.path(end)} | self.best
        self.dropped = {node.id for step in self.trace.steps for node in step.dropped}

    @cached_property
    def shown(self) -> list[Node]:
        """The nodes to show: the answer, finished hypotheses, live ones, and the best of the dropped ones."""
        of_parent: Counter[int | None] = Counter()
        found: set[int] = set()
        for node in sorted(self.trace.nodes.values(), key=self._importance):
            is_dropped = node.id in self.dropped
            if len(found) >= MOST or (is_dropped and not self._is_telling(node, of_parent)):
                continue
            of_parent[node.parent] += is_dropped
            found |= {ROOT.id, *(one.id for one in self.trace.path(node.id))}
        return [self.trace.nodes[one] for one in sorted(found)]

    def _is_telling(self, node: Node, of_parent: Counter[int | None]) -> bool:
        """Return whether to show a dropped node, given the number of children already shown for each parent."""
        return of_parent[node.parent] < DROPPED[self.state(self.trace.nodes[node.parent or ROOT.id])]

    def _importance(self, node: Node) -> tuple[int, float]:
        kinds = (node.id in self.best, node.id in self.kept, node.id not in self.dropped)
        return kinds.index(True) if any(kinds) else len(kinds), -node.score

    @cached_property
    def places(self) -> dict[int, Place]:
        """The place of each node that is shown.

        A node and its best child are in the same row. Every other branch gets the first row below its parent that is
        free over the whole length of the branch. Kept branches come first.
        """
        found: dict[int, Place] = {}
        taken: dict[int, int] = {}  # for each row, the leftmost occupied column
        for branch in self._branches():
            parent = branch[0].parent
            column, above = (0, -1) if parent is None else (found[parent].column + 1, found[parent].row)
            row = next(row for row in itertools.count(above + 1) if column + len(branch) <= taken.get(row, MOST))
            taken[row] = column
            found |= {node.id: Place(column + place, row) for place, node in enumerate(branch)}
        return found

    def _branches(self) -> Iterator[list[Node]]:
        """Yield branches, in which each node is the best child of the previous one. Parents' branches come first."""
        children: dict[int | None, list[Node]] = {}
        for node in sorted(self.shown, key=self._importance):
            children.setdefault(node.parent, []).append(node)
        waiting = [ROOT]
        while waiting:
            waiting.sort(key=lambda node: (self._importance(node)[0], -self._depth(node)))
            branch = [waiting.pop(0)]
            while below := children.get(branch[-1].id):
                waiting += below[1:]
                branch.append(below[0])
            yield branch

    def _depth(self, node: Node) -> int:
        return len(self.trace.path(node.id))

    @cached_property
    def widths(self) -> list[int]:
        """Widths of the boxes of each column in pixels. They have room for the longest text of the column."""
        found = [ROOT_WIDTH]
        for node in self.shown:
            column = self.places[node.id].column
            found += [LEAST_WIDTH] * (column + 1 - len(found))
            found[column] = max(found[column], PIXELS * (columns_of(self.label(node)) + 2))
        return found

    def left(self, column: int) -> int:
        """Return the left edge of a column in pixels."""
        return sum(self.widths[:column]) + GAP * column

    def label(self, node: Node) -> str:
        """Return the text in the box of a node."""
        if node.id == ROOT.id:
            return self.strings["look_start"]
        return shortened(token_label(self.part.tokens[node.token_id], self.strings["look_end"]), MOST_TEXT)

    def state(self, node: Node) -> str:
        """Return the state of a node: "winner", "kept" or "pruned"."""
        return "winner" if node.id in self.best else "kept" if node.id in self.kept else "pruned"


def beam_tree(part: InspectedPart, strings: Mapping[str, str]) -> str:
    """Return the tree as SVG. A click on a node, or Enter, triggers "select" with the text of the node as `prefix`.

    Args:
        part: A part of an inspection.
        strings: The texts of a language, from `words.table`.
    """
    tree = BeamTree(part, strings)
    width = tree.left(len(tree.widths)) - GAP + 4
    height = max(place.top for place in tree.places.values()) + HEIGHT + 4
    edges = "".join(_edge(tree, node) for node in tree.shown if node.parent is not None)
    nodes = "".join(_node(tree, node) for node in _in_reading_order(tree))
    name, hidden = escape(strings["look_tree_name"]), len(tree.trace.nodes) - len(tree.shown)
    more = f'<p class="li-note">{escape(strings["look_more"].format(count=hidden))}</p>' if hidden else ""
    legend = "".join(
        f'<li class="li-key li-{state}">{escape(strings[f"look_{state}"])}</li>'
        for state in ("winner", "kept", "pruned")
    )
    return (
        f'<section class="li li-tree"><p class="li-note">{escape(strings["look_tree_help"])}</p>'
        f'<ul class="li-legend">{legend}</ul>'
        f'<div class="li-scroll"><svg role="tree" aria-label="{name}" width="{width}" height="{height}" '
        f'viewBox="-2 -2 {width} {height}"><g aria-hidden="true">{edges}</g>{nodes}</svg></div>{more}'
        f"{_endings(tree)}</section>"
    )


def _in_reading_order(tree: BeamTree) -> Iterable[Node]:
    return sorted(tree.shown, key=lambda node: (tree.places[node.id].row, tree.places[node.id].column))


def _edge(tree: BeamTree, node: Node) -> str:
    start, end = tree.places[node.parent or ROOT.id], tree.places[node.id]
    x, y = tree.left(start.column) + tree.widths[start.column], start.top + HEIGHT // 2
    to, z = tree.left(end.column), end.top + HEIGHT // 2
    middle = (x + to) // 2
    return f'<path class="li-edge li-{tree.state(node)}" d="M{x} {y} C{middle} {y} {middle} {z} {to} {z}"/>'


def _node(tree: BeamTree, node: Node) -> str:
    strings, place, state, is_root = tree.strings, tree.places[node.id], tree.state(node), node.id == ROOT.id
    text, numbers, said, width = tree.part.texts[node.id], "", strings["look_start"], tree.widths[place.column]
    if not is_root:
        share, score = percent(exp(node.log_prob)), f"{node.score:.2f}".translate(MINUS)
        numbers = f"{share} · {score}"
        ending = f" ({strings['look_end']})" if node.token_id == EOS else ""
        said = strings["look_node"].format(text=text + ending, share=share, score=score, state=strings[f"look_{state}"])
    is_end = " li-last" if node.token_id == EOS else ""
    return (
        f'<g class="li-node li-{state}{is_end}" role="treeitem" tabindex="{0 if is_root else -1}" '
        f'aria-level="{place.column + 1}" aria-label="{escape(said)}" data-column="{place.column}" '
        f'data-row="{place.row}" data-prefix="{escape(text)}" '
        f'transform="translate({tree.left(place.column)} {place.top})"><title>{escape(said)}</title>'
        f'<rect width="{width}" height="{HEIGHT}" rx="8"/>'
        f'<text class="li-token" x="{width // 2}" y="{23 if is_root else 16}">{escape(tree.label(node))}</text>'
        f'<text class="li-numbers" x="{width // 2}" y="31">{escape(numbers)}</text></g>'
    )


def _endings(tree: BeamTree) -> str:
    """Return the finished hypotheses as a list, which screen readers can read instead of the picture."""
    lines = "".join(
        f"<li{' class=li-best' if node.id == tree.trace.best else ''}>{escape(tree.part.texts[node.id])} "
        f'<span class="li-numbers">{f"{node.score:.2f}".translate(MINUS)}</span></li>'
        for node in tree.finished
    )
    return f'<p class="li-caption">{escape(tree.strings["look_finished"])}</p><ol class="li-endings">{lines}</ol>'
