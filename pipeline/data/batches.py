"""Batches of padded rows. Their order is a function of seed and step, so a resumed training sees the same batches."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import keras
import numpy as np

from seq2edge.pipeline.data.columns import FILLER, Table
from seq2edge.pipeline.data.sharding import WHOLE_BATCH, Shard

LENGTH_MULTIPLE = 2  # bucket lengths are rounded up to a multiple of it

Rows = Mapping[str, np.ndarray]  # rows of each column, `(rows, bucket_length, *item_shape)`, padded with 0


@dataclass(frozen=True)
class BatchRandom:
    """Random numbers for the rows of one batch, a function of seed and step.

    They are drawn for the whole batch, so that the number of processes changes nothing.

    Attributes:
        batch_size: Rows of the whole batch.
        own: Those of this process.
    """

    seed: int
    step: int
    batch_size: int
    own: slice

    @cached_property
    def _generator(self) -> np.random.Generator:
        return np.random.default_rng([self.seed, self.step, 1])

    def uniform(self, *shape: int) -> np.ndarray:
        """Numbers from 0 to 1 for this process' rows, `(rows, *shape)`, other ones at each call."""
        return self._generator.random((self.batch_size, *shape))[self.own]


Collate = Callable[[Rows, BatchRandom | None], Any]


@dataclass(frozen=True)
class BatchOptions:
    """How rows are grouped into batches.

    Attributes:
        batch_size: Rows per batch.
        tokens: Token budget per batch, used instead of `batch_size`. Each row counts as long as the longest column of
            its bucket.
        buckets: Number of length groups. There are fewer if the lengths differ too little.
        seed: Seed of the order. None keeps the order of the data (validation).
        shard: The part of each batch to return, if several processes train together.
    """

    batch_size: int
    tokens: int | None = None
    buckets: int = 4
    seed: int | None = None
    shard: Shard = WHOLE_BATCH


class Batches(keras.utils.PyDataset):
    """Batches of rows of similar length. All batches of a bucket have the same shape.

    The last batch of a bucket is filled up, so that only one shape is compiled: in training with rows from the start of
    the bucket, in validation with rows of padding.

    Args:
        table: The columns. Training uses another stored encoding of each row in every pass.
        collate: Makes a batch of padded rows, arrays `(rows, bucket_length, *item_shape)` by column. In training it
            gets random numbers too, in validation None.
        options: How rows are grouped into batches.
        first_step: Training step of item 0, for a resumed training.
        steps: Number of items. None: one pass over the table.
    """

    def __init__(
        self, table: Table, collate: Collate, options: BatchOptions, first_step: int = 0, steps: int | None = None
    ):
        super().__init__()
        self.table, self.collate, self.options, self.first_step = table, collate, options, first_step
        self.buckets, self.shapes = _make_buckets(table, options.buckets)
        self.batch_sizes = [_batch_size(options, shape) for shape in self.shapes]
        self.steps_per_pass = sum(
            -(-len(bucket) // rows) for bucket, rows in zip(self.buckets, self.batch_sizes, strict=True)
        )
        self.steps = self.steps_per_pass if steps is None else steps
        self._plan: tuple[int, list[tuple[int, np.ndarray]]] | None = None

    def __len__(self) -> int:
        return self.steps

    def __getitem__(self, index: int) -> Any:
        step, seed = self.first_step + index, self.options.seed
        bucket, chosen, data_pass = self._place(index)
        own = self.options.shard.rows(len(chosen))
        rows = {
            name: column.padded(chosen[own], length, 0 if seed is None else data_pass % column.samples)
            for (name, column), length in zip(self.table.columns.items(), self.shapes[bucket], strict=True)
        }
        return self.collate(rows, None if seed is None else BatchRandom(seed, step, len(chosen), own))

    def rows(self, index: int) -> list[dict[str, np.ndarray]]:
        """The rows of a batch before they are padded and collated, in their first encoding."""
        _, chosen, _ = self._place(index)
        own = chosen[self.options.shard.rows(len(chosen))]
        return [{name: column.row(row) for name, column in self.table.columns.items()} for row in own if row != FILLER]

    def _place(self, index: int) -> tuple[int, np.ndarray, int]:
        """Bucket and indices of the rows of a batch, and the pass that it belongs to."""
        data_pass, position = divmod(self.first_step + index, self.steps_per_pass)
        return *self._plan_of(data_pass)[position], data_pass

    def _plan_of(self, data_pass: int) -> list[tuple[int, np.ndarray]]:
        """The batches of one pass: (bucket, indices of its rows)."""
        if self._plan is None or self._plan[0] != data_pass:
            seed = self.options.seed
            order = None if seed is None else np.random.default_rng([seed, data_pass])
            plan = []
            for number, bucket in enumerate(self.buckets):
                indices = bucket if order is None else order.permutation(bucket)
                rows = self.batch_sizes[number]
                missing = -len(indices) % rows
                filler = np.full(missing, FILLER) if order is None else np.resize(indices, missing)
                plan += [(number, chosen) for chosen in np.concatenate([indices, filler]).reshape(-1, rows)]
            if order is not None:
                plan = [plan[i] for i in order.permutation(len(plan))]
            self._plan = data_pass, plan
        return self._plan[1]

    def __iter__(self) -> Iterator[Any]:
        return (self[index] for index in range(len(self)))

    def for_fit(self) -> Any:
        """The batches in the form that `keras.Model.fit` needs on the current backend.

        TensorFlow gets a `tf.data.Dataset` with open lengths. From a PyDataset, `fit` would take the lengths of the
        first two batches for the lengths of all.
        """
        if keras.backend.backend() != "tensorflow":
            return self
        import tensorflow as tf

        signature = keras.tree.map_structure(
            lambda array: tf.TensorSpec([*(None, None)[: array.ndim], *array.shape[2:]], array.dtype), self[0]
        )
        dataset = tf.data.Dataset.from_generator(lambda: iter(self), output_signature=signature)
        return dataset.apply(tf.data.experimental.assert_cardinality(len(self))).prefetch(4)


def _batch_size(options: BatchOptions, shape: tuple[int, ...]) -> int:
    """Rows of a bucket's batches: a multiple of the number of devices."""
    devices = options.shard.devices
    if options.tokens:
        return max(1, options.tokens // max(shape) // devices) * devices
    return -(-options.batch_size // devices) * devices


def _make_buckets(table: Table, buckets: int) -> tuple[list[np.ndarray], list[tuple[int, ...]]]:
    """Groups of indices of rows of similar length, and the bucket length of each column in each group."""
    lengths = np.stack([column.lengths for column in table.columns.values()], axis=1)
    multiples = np.where(lengths.max(axis=0) > 1, LENGTH_MULTIPLE, 1)  # labels and whole pictures are single items
    longest = _round_up(lengths, multiples).max(axis=1)
    group_of = np.searchsorted(_borders(lengths, longest, multiples, buckets), longest)
    groups = [np.flatnonzero(group_of == group) for group in range(group_of.max() + 1)]
    return groups, [tuple(_round_up(lengths[group].max(axis=0), multiples).tolist()) for group in groups]


def _borders(lengths: np.ndarray, longest: np.ndarray, multiples: np.ndarray, buckets: int) -> np.ndarray:
    """Upper length limit of each group (of a row's longest column), chosen for the least padding in all groups."""
    steps, step_of = np.unique(longest, return_inverse=True)
    count = np.bincount(step_of)
    widest = np.zeros((len(steps), lengths.shape[1]), int)
    np.maximum.at(widest, step_of, lengths)
    # cost[first, last]: tokens of one group that spans these steps, padding included
    cost = np.full((len(steps), len(steps)), np.inf)
    for first in range(len(steps)):
        shapes = _round_up(np.maximum.accumulate(widest[first:]), multiples)
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


def _round_up(lengths: np.ndarray, multiples: np.ndarray) -> np.ndarray:
    return -(-lengths // multiples) * multiples
