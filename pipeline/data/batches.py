"""Batches of token ids. Their order is a function of seed and step, so a resumed training sees the same batches."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import keras
import numpy as np

from seq2edge.device.special_ids import BOS, EOS, UNK
from seq2edge.pipeline.data.columns import PairIds
from seq2edge.pipeline.data.sharding import WHOLE_BATCH, Shard

EMPTY = -1  # index that stands for an empty pair
LENGTH_MULTIPLE = 2  # bucket lengths are rounded up to a multiple of it

Batch = tuple[tuple[np.ndarray, np.ndarray], np.ndarray]  # (source_ids, target_inputs), target_ids


@dataclass(frozen=True)
class BatchOptions:
    """How pairs are grouped into batches.

    Attributes:
        batch_size: Pairs per batch.
        tokens: Token budget per batch, used instead of `batch_size`. Each pair counts as long as the longer side of its
            bucket.
        buckets: Number of length groups. There are fewer if the lengths differ too little.
        seed: Seed of the order. None keeps the order of the data (validation).
        word_dropout: Share of source tokens replaced by unk, drawn again for each step.
        shard: The part of each batch to return, if several processes train together.
    """

    batch_size: int
    tokens: int | None = None
    buckets: int = 4
    seed: int | None = None
    word_dropout: float = 0.0
    shard: Shard = WHOLE_BATCH


class Batches(keras.utils.PyDataset):
    """Batches of pairs of similar length. All batches of a bucket have the same shape.

    A batch is `((source_ids, target_inputs), target_ids)`, int32 `(batch_size, bucket_length)`, padded with 0.
    `target_inputs` is `target_ids` shifted right by one, with bos in front. The last batch of a bucket is filled up, so
    that only one shape is compiled: in training with pairs from the start of the bucket, in validation with empty
    pairs, which do not count towards the loss.

    Args:
        pairs: The token ids.
        options: How pairs are grouped into batches.
        first_step: Training step of item 0, for a resumed training.
        steps: Number of items. None: one pass over the pairs.
    """

    def __init__(self, pairs: PairIds, options: BatchOptions, first_step: int = 0, steps: int | None = None):
        super().__init__()
        self.pairs, self.options, self.first_step = pairs, options, first_step
        self.buckets, self.shapes = _make_buckets(pairs, options.buckets)
        self.rows = [_rows(options, shape) for shape in self.shapes]
        self.steps_per_pass = sum(-(-len(bucket) // rows) for bucket, rows in zip(self.buckets, self.rows, strict=True))
        self.steps = self.steps_per_pass if steps is None else steps
        self._plan: tuple[int, list[tuple[int, np.ndarray]]] | None = None

    def __len__(self) -> int:
        return self.steps

    def __getitem__(self, index: int) -> Batch:
        step = self.first_step + index
        data_pass, position = divmod(step, self.steps_per_pass)
        bucket, chosen = self._plan_of(data_pass)[position]
        own = self.options.shard.rows(len(chosen))
        (source_ids, target_inputs), target_ids = self._batch(chosen[own], self.shapes[bucket], data_pass)
        rate, seed = self.options.word_dropout, self.options.seed
        if rate and seed is not None:
            # Drawn for the whole batch, so that the number of processes changes nothing.
            drawn = np.random.default_rng([seed, step, 1]).random((len(chosen), source_ids.shape[1]))[own]
            source_ids[(drawn < rate) & (source_ids > EOS)] = UNK
        return (source_ids, target_inputs), target_ids

    def _plan_of(self, data_pass: int) -> list[tuple[int, np.ndarray]]:
        """The batches of one pass: (bucket, indices of its pairs)."""
        if self._plan is None or self._plan[0] != data_pass:
            seed = self.options.seed
            order = None if seed is None else np.random.default_rng([seed, data_pass])
            plan = []
            for number, bucket in enumerate(self.buckets):
                indices = bucket if order is None else order.permutation(bucket)
                rows = self.rows[number]
                missing = -len(indices) % rows
                filler = np.full(missing, EMPTY) if order is None else np.resize(indices, missing)
                plan += [(number, chosen) for chosen in np.concatenate([indices, filler]).reshape(-1, rows)]
            if order is not None:
                plan = [plan[i] for i in order.permutation(len(plan))]
            self._plan = data_pass, plan
        return self._plan[1]

    def _batch(self, chosen: np.ndarray, shape: tuple[int, int], data_pass: int) -> Batch:
        """The pairs with the chosen indices. Training uses another stored encoding of each source in every pass."""
        source_ids = np.zeros((len(chosen), shape[0]), np.int32)
        target_ids = np.zeros((len(chosen), shape[1]), np.int32)
        sample = 0 if self.options.seed is None else data_pass % self.pairs.samples
        for row, index in enumerate(chosen):
            if index == EMPTY:
                source_ids[row, 0] = EOS
                continue
            source, target = self.pairs.source(index, sample), self.pairs.target(index)
            source_ids[row, : len(source)] = source[: shape[0]]
            target_ids[row, : len(target)] = target[: shape[1]]
        target_inputs = np.concatenate([np.full((len(chosen), 1), BOS, np.int32), target_ids[:, :-1]], axis=1)
        return (source_ids, target_inputs), target_ids

    def __iter__(self) -> Iterator[Batch]:
        return (self[index] for index in range(len(self)))

    def for_fit(self) -> Any:
        """The batches in the form that `keras.Model.fit` needs on the current backend.

        TensorFlow gets a `tf.data.Dataset` with open lengths. From a PyDataset, `fit` would take the lengths of the
        first two batches for the lengths of all.
        """
        if keras.backend.backend() != "tensorflow":
            return self
        import tensorflow as tf

        ids = tf.TensorSpec((None, None), tf.int32)
        dataset = tf.data.Dataset.from_generator(lambda: iter(self), output_signature=((ids, ids), ids))
        return dataset.apply(tf.data.experimental.assert_cardinality(len(self))).prefetch(4)


def _rows(options: BatchOptions, shape: tuple[int, int]) -> int:
    """Rows of a bucket's batches: a multiple of the number of devices."""
    devices = options.shard.devices
    if options.tokens:
        return max(1, options.tokens // max(shape) // devices) * devices
    return -(-options.batch_size // devices) * devices


def _make_buckets(pairs: PairIds, buckets: int) -> tuple[list[np.ndarray], list[tuple[int, int]]]:
    """Groups of indices of pairs of similar length, and the shape (source_length, target_length) of each group."""
    lengths = np.stack([pairs.source_lengths, pairs.target_lengths], axis=1)
    longest = _round_up(lengths.max(axis=1))
    group_of = np.searchsorted(_borders(lengths, longest, buckets), longest)
    groups = [np.flatnonzero(group_of == group) for group in range(group_of.max() + 1)]
    shapes = [_round_up(lengths[group].max(axis=0)) for group in groups]
    return groups, [(int(source), int(target)) for source, target in shapes]


def _borders(lengths: np.ndarray, longest: np.ndarray, buckets: int) -> np.ndarray:
    """Upper length limit of each group (of a pair's longer side), chosen so that all groups have the least padding."""
    steps, step_of = np.unique(longest, return_inverse=True)
    count = np.bincount(step_of)
    widest = np.zeros((len(steps), 2), int)
    np.maximum.at(widest, step_of, lengths)
    # cost[first, last]: tokens of one group that spans these steps, padding included
    cost = np.full((len(steps), len(steps)), np.inf)
    for first in range(len(steps)):
        shapes = _round_up(np.maximum.accumulate(widest[first:]))
        cost[first, first:] = np.cumsum(count[first:]) * shapes.sum(axis=1)
    # least[last]: lowest cost of all steps up to `last`; starts: where the last group begins, for each number of groups
    least, starts = cost[0], []
    for _ in range(min(buckets, len(steps)) - 1):
        with_last = np.concatenate([[np.inf], least[:-1]])[:, None] + cost
        starts.append(with_last.argmin(axis=0))
        least = with_last.min(axis=0)
    lasts = [len(steps) - 1]
    for start in reversed(starts):
        lasts.append(start[lasts[-1]] - 1)
    return steps[lasts[::-1]]


def _round_up(lengths: np.ndarray) -> np.ndarray:
    return -(-lengths // LENGTH_MULTIPLE) * LENGTH_MULTIPLE
