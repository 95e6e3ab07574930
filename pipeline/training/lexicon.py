"""Which target tokens a source token is likely to become: IBM Model 1 (Brown et al. 1993) over prepared ids."""

import numpy as np

from seq2edge.device.shortlist import Shortlist
from seq2edge.device.special_ids import EOS
from seq2edge.pipeline.data.columns import PairIds

ITERATIONS = 5
CELLS = 10_000_000  # source tokens times target tokens of all pairs looked at, which bounds memory to about 400 MB
FREQUENT = 256
LEAST = 1e-3  # probability of a token that is worth its place


def learn_shortlist(pairs: PairIds, source_vocabulary: int, target_vocabulary: int, tokens: int) -> Shortlist:
    """The likeliest target tokens of every source token.

    Args:
        tokens: Of each source token at most.
    """
    sources, targets, positions, frequency = _cells(pairs, target_vocabulary)
    keys, cell_key = np.unique(sources.astype(np.int64) * target_vocabulary + targets, return_inverse=True)
    key_source, key_target = keys // target_vocabulary, keys % target_vocabulary
    probability = np.full(len(keys), 1 / target_vocabulary)
    for _ in range(ITERATIONS):
        share = probability[cell_key]
        share /= np.bincount(positions, share)[positions]
        expected = np.bincount(cell_key, share)
        probability = expected / np.bincount(key_source, expected)[key_source]
    frequent = np.argsort(-frequency[EOS:], kind="stable")[:FREQUENT] + EOS
    likely = (probability >= LEAST) & (key_source != EOS) & (key_target >= EOS)
    order = np.lexsort((key_target, -probability, key_source))
    order = order[likely[order]]
    rank = np.arange(len(order)) - np.searchsorted(key_source[order], key_source[order])
    order = order[rank < tokens]
    owner = np.concatenate([key_source[order], np.full(len(frequent), EOS)])
    ids = np.concatenate([key_target[order], frequent])[np.argsort(owner, kind="stable")]
    starts = np.searchsorted(np.sort(owner), np.arange(source_vocabulary + 1))
    return Shortlist(starts, ids, target_vocabulary)


def _cells(pairs: PairIds, target_vocabulary: int) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """Each source token beside each target token of its pair, the number of that target position, and how often each
    target token stands. Eos, with which every source ends, takes what no word brought about.
    """
    beside: list[tuple[np.ndarray, np.ndarray, np.ndarray]] = []
    frequency = np.zeros(target_vocabulary, np.int64)
    cells = position = 0
    for index in np.random.default_rng(0).permutation(len(pairs)):
        source, target = pairs.source(index), pairs.target(index)
        cells += len(source) * len(target)
        if cells > CELLS and beside:
            break
        positions = np.arange(position, position + len(target), dtype=np.int32)
        beside.append((np.tile(source, len(target)), np.repeat(target, len(source)), np.repeat(positions, len(source))))
        position += len(target)
        frequency += np.bincount(target, minlength=target_vocabulary)
    sources, targets, of = (np.concatenate(arrays) for arrays in zip(*beside, strict=True))
    return sources, targets, of, frequency
