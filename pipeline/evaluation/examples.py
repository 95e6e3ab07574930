"""Sources with their references: what hypotheses are scored against."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass

from seq2edge.device.tasks import TASKS
from seq2edge.pipeline.data.readers import Pair


@dataclass(frozen=True)
class Example:
    """One source and every target that counts as correct.

    Attributes:
        domains: Of the files that its pairs come from, where the recipe names them.
    """

    source: str
    references: tuple[str, ...]
    domains: tuple[str, ...] = ()


def examples(pairs: Sequence[Pair], task: str, domains: Sequence[str | None] = ()) -> list[Example]:
    """The examples of a set of pairs.

    If the task groups references, pairs with the same source become one example with several references. Otherwise
    every pair is an example of its own.

    Args:
        domains: Of each file of the recipe, whose index is the pairs' origin; empty: not wanted.
    """
    if not TASKS[task].groups_references:
        return [_example([pair], domains) for pair in pairs]
    groups: dict[str, list[Pair]] = defaultdict(list)
    for pair in pairs:
        groups[pair.source].append(pair)
    return [_example(group, domains) for group in groups.values()]


def _example(pairs: Sequence[Pair], domains: Sequence[str | None]) -> Example:
    found = [domains[pair.origin] for pair in pairs] if domains else []
    named = dict.fromkeys(domain for domain in found if domain is not None)
    return Example(pairs[0].source, tuple(pair.target for pair in pairs), tuple(named))
