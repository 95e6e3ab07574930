"""Finds how many slots suit pairs whose targets repeat numbers, paths and placeholders of their sources."""

from collections.abc import Sequence

import numpy as np

from seq2edge.device.processors.slots import MOST_SLOTS, Slots
from seq2edge.pipeline.data.readers import Pair

COMMON = 0.05  # share of the sources that must have an item
REPEATED = 0.5  # share of the items that the targets must repeat
LARGEST = 8  # sources with more different items are rare, and each slot must be seen often enough to be learned


def fitting_slots(pairs: Sequence[Pair]) -> int:
    """Return a number of slots that is enough for 99 % of the sources with items; 0 if targets rarely repeat them."""
    slots = Slots(MOST_SLOTS)
    items = [(slots.items(pair.source), set(slots.items(pair.target))) for pair in pairs]
    counts = [len(source) for source, _ in items if source]
    repeated = sum(item in target for source, target in items for item in source)
    if not counts or len(counts) < COMMON * len(pairs) or repeated < REPEATED * sum(counts):
        return 0
    return min(LARGEST, int(np.percentile(counts, 99)))
