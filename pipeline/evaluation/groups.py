"""Groups examples that are scored separately: by domain, by script and by source length."""

from collections import defaultdict
from collections.abc import Sequence

import numpy as np

from seq2edge.device.scripts import script_of
from seq2edge.pipeline.evaluation.examples import Example

BY_DOMAIN, BY_SCRIPT, BY_LENGTH = "by domain", "by script", "by source length in tokens"


def by_domain(expected: Sequence[Example]) -> dict[str, list[int]]:
    """Return the indices of the examples of each domain, in the order of the files. Empty if there is one domain."""
    groups: dict[str, list[int]] = defaultdict(list)
    for index, example in enumerate(expected):
        for domain in example.domains:
            groups[domain].append(index)
    return {} if any(len(indices) == len(expected) for indices in groups.values()) else dict(groups)


def by_script(expected: Sequence[Example]) -> dict[str, list[int]]:
    """Return the indices of the examples, by the script of their source.

    Scripts of less than a tenth of the sources are left out. Empty if fewer than two scripts remain.
    """
    groups: dict[str, list[int]] = defaultdict(list)
    for index, example in enumerate(expected):
        groups[script_of(example.source)].append(index)
    common = {name: indices for name, indices in sorted(groups.items()) if len(indices) >= len(expected) / 10}
    return common if len(common) > 1 else {}


def by_length(lengths: Sequence[int], groups: int = 4) -> dict[str, list[int]]:
    """Return the indices of the examples by source length, in groups of similar size: "1–9", "10", "11–14" and so on.

    Args:
        lengths: Source lengths in tokens.
        groups: Largest number of groups.

    Returns:
        Indices by group; empty if all lengths are in one group.
    """
    upper = np.unique(np.quantile(lengths, np.arange(1, groups + 1) / groups, method="inverted_cdf"))
    if len(upper) < 2:
        return {}
    group_of = np.searchsorted(upper, lengths)
    rows = [np.flatnonzero(group_of == group) for group in range(len(upper))]
    values = np.asarray(lengths)
    return {_span(values[chosen]): chosen.tolist() for chosen in rows}


def _span(lengths: np.ndarray) -> str:
    shortest, longest = lengths.min(), lengths.max()
    return f"{shortest}" if shortest == longest else f"{shortest}–{longest}"
