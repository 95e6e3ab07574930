"""Examples: sources with their references, against which hypotheses are scored."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass

from seq2edge.device.special_ids import UNKNOWN
from seq2edge.device.tasks import TASKS
from seq2edge.pipeline.data.readers import Pair


@dataclass(frozen=True)
class Example:
    """One source and all targets that count as correct.

    Attributes:
        domains: The domains of the files that its pairs come from, if the recipe names them.
    """

    source: str
    references: tuple[str, ...]
    domains: tuple[str, ...] = ()


def examples(pairs: Sequence[Pair], task: str, domains: Sequence[str | None] = ()) -> list[Example]:
    """Make examples of pairs. Pairs whose target is `UNKNOWN` have no reference and are left out.

    If the task groups references, pairs with the same source become one example with several references. Otherwise
    every pair is one example.

    Args:
        domains: The domain of each file of the recipe, indexed by `Pair.origin`. Empty: examples get no domains.
    """
    answered = [pair for pair in pairs if pair.target != UNKNOWN]
    if not TASKS[task].groups_references:
        return [_example([pair], domains) for pair in answered]
    groups: dict[str, list[Pair]] = defaultdict(list)
    for pair in answered:
        groups[pair.source].append(pair)
    return [_example(group, domains) for group in groups.values()]


def _example(pairs: Sequence[Pair], domains: Sequence[str | None]) -> Example:
    found = [domains[pair.origin] for pair in pairs] if domains else []
    named = dict.fromkeys(domain for domain in found if domain is not None)
    return Example(pairs[0].source, tuple(pair.target for pair in pairs), tuple(named))
