"""Finds strings that a text must contain for a pattern to match, so that a device compiles fewer patterns."""

from collections.abc import Iterable, Sequence
from re import _constants as code  # type: ignore[attr-defined]
from re import _parser as parser  # type: ignore[attr-defined]
from typing import Any

ENOUGH = 5  # characters; a longer literal is hardly rarer


def literal_index(patterns: Sequence[str]) -> dict[str, list[int]]:
    """Return the positions of patterns by literal. A pattern can only match a text that contains one of its literals.

    A pattern that needs no literal has the literal "", which every text contains.
    """
    index: dict[str, list[int]] = {}
    for position, pattern in enumerate(patterns):
        for literal in sorted(needed_literals(pattern)):
            index.setdefault(literal, []).append(position)
    return index


def needed_literals(pattern: str) -> frozenset[str]:
    """Return strings of which every text that a pattern matches contains at least one; {""} if there are none."""
    return _of_sequence(parser.parse(pattern)) or frozenset([""])


def _of_sequence(items: Iterable[tuple[Any, Any]]) -> frozenset[str] | None:
    found: list[frozenset[str]] = []
    run = ""
    for kind, value in items:
        if kind is code.LITERAL:
            run += chr(value)
            continue
        found += [frozenset([run])] if run else []
        run = ""
        if (literals := _of_item(kind, value)) is not None:
            found.append(literals)
    found += [frozenset([run])] if run else []
    return max(found, key=lambda literals: (min(ENOUGH, *map(len, literals)), -len(literals)), default=None)


def _of_item(kind: Any, value: Any) -> frozenset[str] | None:
    if kind is code.SUBPATTERN or (kind is code.MAX_REPEAT and value[0] > 0):
        return _of_sequence(value[-1])
    if kind is code.BRANCH:
        branches = [_of_sequence(branch) for branch in value[1]]
        return None if None in branches else frozenset[str]().union(*branches)  # type: ignore[arg-type]
    return None
