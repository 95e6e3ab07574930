"""Sources with their references: what hypotheses are scored against."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass

from seq2edge.device.tasks import TASKS
from seq2edge.pipeline.data.readers import Pair


@dataclass(frozen=True)
class Example:
    """One source and every target that counts as correct."""

    source: str
    references: tuple[str, ...]


def examples(pairs: Sequence[Pair], task: str) -> list[Example]:
    """The examples of a set of pairs.

    If the task groups references, pairs with the same source become one example with several references. Otherwise
    every pair is an example of its own.
    """
    if not TASKS[task].groups_references:
        return [Example(pair.source, (pair.target,)) for pair in pairs]
    targets: dict[str, list[str]] = defaultdict(list)
    for pair in pairs:
        targets[pair.source].append(pair.target)
    return [Example(source, tuple(references)) for source, references in targets.items()]
