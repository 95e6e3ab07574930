"""Batches of padded rows. Their order depends on seed and step only, so a resumed training sees the same batches."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import keras
import numpy as np

from seq2edge.pipeline.data.columns import FILLER, Table
from seq2edge.pipeline.data.mixing import Mixing
from seq2edge.pipeline.data.sharding import WHOLE_BATCH, Shard

LENGTH_MULTIPLE = 2  # bucket lengths are rounded up to a multiple of this

Rows = Mapping[str, np.ndarray]  # rows of each column, `(rows, bucket_length, *item_shape)`, padded with 0


@dataclass(frozen=True)
class BatchRandom:
    """Random numbers for the rows of one batch. They depend on seed and step only.

    Every process draws the numbers of the whole batch, so that results do not depend on the number of processes.

    Attributes:
        batch_size: Number of rows of the whole batch.
        own: The rows of this process.
    """

    seed: int
    step: int
    batch_size: int
    own: slice

    @cached_property
    def _generator(self) -> np.random.Generator:
        return np.random.default_rng([self.seed, self.step, 1])

    def uniform(self, *shape: int) -> np.ndarray:
        """Draw new numbers from 0 to 1 for the rows of this process, `(rows, *shape)`."""
        return self._generator.random((self.batch_size, *shape))[self.own]


Collate = Callable[[Rows, BatchRandom | None], Any]


@dataclass(frozen=True)
class BatchOptions:
    """Options that decide how rows are grouped into batches.

    Attributes:
        batch_size: Rows per batch.
        tokens: Token budget per batch, used instead of `batch_size`. Each row counts with the length of the longest
            column of its bucket.
        buckets: Number of length groups. There are fewer if the lengths differ too little.
        seed: Seed of the order. None keeps the order of the data (validation).
        shard: The part of each batch to return, if several processes train together.
        mixing: Chooses the rows of a pass, and needs a seed. None: each row once.
    """

    batch_size: int
    tokens: int | None = None
    buckets: int = 4
    seed: int | None = None
    shard: Shard = WHOLE_BATCH
    mixing: Mixing | None = None


@dataclass(frozen=True)
class Batch:
    """The rows of one batch.

    Attributes:
        bucket: Index of the bucket.
        rows: Indices of rows, or `FILLER`.
        visits: How often each row was drawn before, which selects one of its encodings.
    """

    bucket: int
    rows: np.ndarray
    visits: np.ndarray


class Batches(keras.utils.PyDataset):
    """Batches of rows of similar length. All batches of a bucket have the same shape.

    The last batch of a bucket is filled up, so that only one shape is compiled: in training with rows from the start of
    the bucket, in validation with rows of padding.

    Args:
        table: The columns. In every pass, training uses another stored encoding of each row.
        collate: Turns padded rows, a dict of arrays `(rows, bucket_length, *item_shape)`, into a batch. Its second
            argument is the batch's random numbers in training, None in validation.
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
        sizes = [options.mixing.size(bucket) if options.mixing else len(bucket) for bucket in self.buckets]
        self.steps_per_pass = sum(-(-size // rows) for size, rows in zip(sizes, self.batch_sizes, strict=True))
        self.steps = self.steps_per_pass if steps is None else steps
        self._plan: tuple[int, list[Batch]] | None = None

    def __len__(self) -> int:
        return self.steps

    def __getitem__(self, index: int) -> Any:
        step, seed = self.first_step + index, self.options.seed
        batch = self._batch(index)
        own = self.options.shard.rows(len(batch.rows))
        rows = {
            name: column.padded(batch.rows[own], length, batch.visits[own] % column.samples)
            for (name, column), length in zip(self.table.columns.items(), self.shapes[batch.bucket], strict=True)
        }
        return self.collate(rows, None if seed is None else BatchRandom(seed, step, len(batch.rows), own))

    def rows(self, index: int) -> list[dict[str, np.ndarray]]:
        """The rows of a batch before they are padded and collated, in their first encoding."""
        chosen = self._batch(index).rows
        own = chosen[self.options.shard.rows(len(chosen))]
        return [{name: column.row(row) for name, column in self.table.columns.items()} for row in own if row != FILLER]

    def _batch(self, index: int) -> Batch:
        data_pass, position = divmod(self.first_step + index, self.steps_per_pass)
        if self._plan is None or self._plan[0] != data_pass:
            self._plan = data_pass, self._batches_of(data_pass)
        return self._plan[1][position]

    def _batches_of(self, data_pass: int) -> list[Batch]:
        """The batches of one pass."""
        seed = self.options.seed
        if seed is None:
            return [batch for number in range(len(self.buckets)) for batch in self._in_order(number)]
        order = np.random.default_rng([seed, data_pass])
        plan: list[Batch] = []
        for number, rows in enumerate(self.batch_sizes):
            indices, visits = self._draw(number, data_pass, seed)
            plan += [Batch(number, indices[i], visits[i]) for i in _fill_up(order.permutation(len(indices)), rows)]
        return [plan[i] for i in order.permutation(len(plan))]

    def _in_order(self, number: int) -> Iterator[Batch]:
        """The batches of a bucket in the order of the data, the last one filled up with padding."""
        rows, bucket = self.batch_sizes[number], self.buckets[number]
        filler = np.full(-len(bucket) % rows, FILLER)
        for chosen in np.concatenate([bucket, filler]).reshape(-1, rows):
            yield Batch(number, chosen, np.zeros(rows, int))

    def _draw(self, number: int, data_pass: int, seed: int) -> tuple[np.ndarray, np.ndarray]:
        """Return the rows that a pass draws from a bucket, and how often each was drawn before."""
        bucket = self.buckets[number]
        if self.options.mixing is None:
            return bucket, np.full(len(bucket), data_pass)
        return self.options.mixing.draw(bucket, data_pass, [seed, number])

    def __iter__(self) -> Iterator[Any]:
        return (self[index] for index in range(len(self)))

    def for_fit(self) -> Any:
        """Return the batches in the form that `keras.Model.fit` needs on the current backend.

        TensorFlow gets a `tf.data.Dataset` with dynamic lengths. Given a PyDataset, `fit` would infer static lengths
        from the first two batches.
        """
        if keras.backend.backend() != "tensorflow":
            return self
        import tensorflow as tf

        signature = keras.tree.map_structure(
            lambda array: tf.TensorSpec([*(None, None)[: array.ndim], *array.shape[2:]], array.dtype), self[0]
        )
        dataset = tf.data.Dataset.from_generator(lambda: iter(self), output_signature=signature)
        return dataset.apply(tf.data.experimental.assert_cardinality(len(self))).prefetch(4)


def _fill_up(values: np.ndarray, rows: int) -> np.ndarray:
    """Reshape values to rows of `rows` values each. The last row is filled up with values from the start."""
    return np.concatenate([values, np.resize(values, -len(values) % rows)]).reshape(-1, rows)


def _batch_size(options: BatchOptions, shape: tuple[int, ...]) -> int:
    """Number of rows in a batch of a bucket: a multiple of the number of devices."""
    devices = options.shard.devices
    if options.tokens:
        return max(1, options.tokens // max(shape) // devices) * devices
    return -(-options.batch_size // devices) * devices


def _make_buckets(table: Table, buckets: int) -> tuple[list[np.ndarray], list[tuple[int, ...]]]:
    """Group rows of similar length. Returns their indices, and the bucket length of each column, for each group."""
    lengths = np.stack([column.lengths for column in table.columns.values()], axis=1)
    multiples = np.where(lengths.max(axis=0) > 1, LENGTH_MULTIPLE, 1)  # labels and whole pictures are single items
    longest = _round_up(lengths, multiples).max(axis=1)
    group_of = np.searchsorted(_borders(lengths, longest, multiples, buckets), longest)
    groups = [np.flatnonzero(group_of == group) for group in range(group_of.max() + 1)]
    return groups, [tuple(_round_up(lengths[group].max(axis=0), multiples).tolist()) for group in groups]


def _borders(lengths: np.ndarray, longest: np.ndarray, multiples: np.ndarray, buckets: int) -> np.ndarray:
    """Choose the length limit of each group so that there is the least padding in all.

    A row's length is that of its longest column.
    """
    steps, step_of = np.unique(longest, return_inverse=True)
    count = np.bincount(step_of)
    widest = np.zeros((len(steps), lengths.shape[1]), int)
    np.maximum.at(widest, step_of, lengths)
    # cost[first, last]: number of tokens, padding included, of one group that spans these steps
    cost = np.full((len(steps), len(steps)), np.inf)
    for first in range(len(steps)):
        shapes = _round_up(np.maximum.accumulate(widest[first:]), multiples)
        cost[first, first:] = np.cumsum(count[first:]) * shapes.sum(axis=1)
    # least[last]: lowest cost of the steps up to `last`; starts: first step of the last group, per number of groups
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
