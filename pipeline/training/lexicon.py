"""Finds the most likely translations of each source token with IBM Model 1 (Brown et al. 1993)."""

from collections.abc import Sequence

import numpy as np

from seq2edge.device.shortlist import Shortlist
from seq2edge.device.special_ids import EOS
from seq2edge.pipeline.data.columns import Table

ITERATIONS = 5
CELLS = 10_000_000  # sum of source tokens times target tokens over the sampled pairs; limits memory to about 400 MB
FREQUENT = 256  # number of most frequent target tokens, which are in every shortlist
MIN_PROBABILITY = 1e-3  # smallest probability of a target token in a shortlist


def learn_shortlist(
    pairs: Table,
    source_vocabulary: int,
    target_vocabulary: int,
    tokens: int,
    copies: Sequence[int] = (),
) -> Shortlist:
    """Learn the most likely target tokens of every source token.

    Args:
        pairs: A table with the columns "source_ids" and "target_ids".
        source_vocabulary, target_vocabulary: Number of tokens of each side.
        tokens: Largest number of target tokens per source token.
        copies: For a model that copies, the target token that copying each source token writes, or pad. These tokens
            are listed too.
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
    likely = (probability >= MIN_PROBABILITY) & (key_source != EOS) & (key_target >= EOS)
    order = np.lexsort((key_target, -probability, key_source))
    order = order[likely[order]]
    rank = np.arange(len(order)) - np.searchsorted(key_source[order], key_source[order])
    order = order[rank < tokens]
    copy_ids = np.array(copies, np.int64)
    copied = np.flatnonzero(copy_ids > EOS)
    copied = copied[~np.isin(copied * target_vocabulary + copy_ids[copied], keys[order])]
    owner = np.concatenate([key_source[order], np.full(len(frequent), EOS), copied])
    ids = np.concatenate([key_target[order], frequent, copy_ids[copied]])
    ids = ids[np.argsort(owner, kind="stable")]
    starts = np.searchsorted(np.sort(owner), np.arange(source_vocabulary + 1))
    return Shortlist(starts, ids, target_vocabulary)


def _cells(pairs: Table, target_vocabulary: int) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """Return all combinations of a source token and a target token of the same pair, for a random sample of pairs.

    Every source ends in eos, which serves as the model's null word: it generates target tokens that no other source
    token explains.

    Returns:
        Source ids, target ids and indices of the target positions, each `(cells,)`, and the frequency of each target
        id, `(target_vocabulary,)`.
    """
    cells_of_pairs: list[tuple[np.ndarray, np.ndarray, np.ndarray]] = []
    frequency = np.zeros(target_vocabulary, np.int64)
    cells = position = 0
    for index in np.random.default_rng(0).permutation(len(pairs)):
        source, target = pairs["source_ids"].row(index), pairs["target_ids"].row(index)
        cells += len(source) * len(target)
        if cells > CELLS and cells_of_pairs:
            break
        positions = np.arange(position, position + len(target), dtype=np.int32)
        cells_of_pairs.append(
            (np.tile(source, len(target)), np.repeat(target, len(source)), np.repeat(positions, len(source)))
        )
        position += len(target)
        frequency += np.bincount(target, minlength=target_vocabulary)
    sources, targets, target_positions = (np.concatenate(arrays) for arrays in zip(*cells_of_pairs, strict=True))
    return sources, targets, target_positions, frequency
