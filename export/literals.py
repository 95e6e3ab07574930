"""Strings that a text must have for a pattern to match, so that a device compiles only the patterns it needs."""

from collections.abc import Iterable, Sequence
from re import _constants as code  # type: ignore[attr-defined]
from re import _parser as parser  # type: ignore[attr-defined]
from typing import Any

ENOUGH = 5  # characters of a literal beyond which a longer one is not rarer


def literal_index(patterns: Sequence[str]) -> dict[str, list[int]]:
    """The positions of patterns by literal: a pattern can only be found in a text that has one of its literals.

    A pattern that no literal is needed for stands under "", which every text has.
    """
    index: dict[str, list[int]] = {}
    for position, pattern in enumerate(patterns):
        for literal in sorted(needed_literals(pattern)):
            index.setdefault(literal, []).append(position)
    return index


def needed_literals(pattern: str) -> frozenset[str]:
    """Strings of which each text has one in which a pattern is found; {""} if there are none such."""
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
