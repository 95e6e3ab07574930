"""Batches of ids whose order is a function of seed and step alone, so that a killed training goes on where it was."""

from collections.abc import Iterator
from typing import Any

import keras
import numpy as np

from seq2edge.device.special_ids import BOS, EOS, UNK
from seq2edge.pipeline.data.columns import PairIds
from seq2edge.pipeline.training.parallel.distribution import ALONE, Share

EMPTY = -1  # index of a pair that fills up a batch
MULTIPLE = 2  # lengths of batches are multiples of it


class Batches(keras.utils.PyDataset):
    """Batches of pairs of like length, each bucket with one shape.

    A batch is `((source_ids, target_inputs), target_ids)`, int32 `(batch_size, length of the bucket)`, padded with 0;
    `target_inputs` is `target_ids` moved right by one with bos in front. A bucket's last batch is filled up, so that
    there is one shape to compile: in training from the start of the bucket, in validation with empty pairs, which cost
    nothing.

    Args:
        pairs: The ids.
        batch_size: Pairs a batch.
        tokens: A budget in place of the batch size: a bucket's batches have as many pairs as fit into it, each counted
            with the bucket's longer side.
        buckets: How many groups of like length; fewer where the lengths do not differ that much.
        seed: Of the order; None keeps the order of the bucket (for validation).
        first_step: Step at which item 0 stands: a resumed training's first.
        steps: How many items there are; None: one pass.
        word_dropout: Share of source tokens replaced by unk, drawn anew for each step.
        share: What part of each batch to give, where several processes train together. The rows of a batch are a
            multiple of all their devices.
    """

    def __init__(
        self,
        pairs: PairIds,
        batch_size: int,
        buckets: int = 4,
        seed: int | None = None,
        first_step: int = 0,
        steps: int | None = None,
        word_dropout: float = 0.0,
        tokens: int | None = None,
        share: Share = ALONE,
    ):
        super().__init__()
        self.word_dropout = word_dropout
        self.pairs, self.seed, self.first_step = pairs, seed, first_step
        self.buckets, self.shapes = _make_buckets(pairs, buckets)
        self.share = share
        if tokens:
            self.rows = [max(1, tokens // max(shape) // share.devices) * share.devices for shape in self.shapes]
        else:
            self.rows = [-(-batch_size // share.devices) * share.devices] * len(self.shapes)
        self.steps_per_pass = sum(-(-len(bucket) // rows) for bucket, rows in zip(self.buckets, self.rows, strict=True))
        self.steps = self.steps_per_pass if steps is None else steps
        self._plan: tuple[int, list[tuple[int, np.ndarray]]] | None = None

    def __len__(self) -> int:
        return self.steps

    def __getitem__(self, index: int) -> tuple[tuple[np.ndarray, np.ndarray], np.ndarray]:
        step = self.first_step + index
        data_pass, position = divmod(step, self.steps_per_pass)
        bucket, chosen = self._plan_of(data_pass)[position]
        own = self.share.rows(len(chosen))
        (source_ids, target_inputs), target_ids = self._batch(chosen[own], self.shapes[bucket], sample=data_pass)
        if self.word_dropout and self.seed is not None:
            drawn = np.random.default_rng([self.seed, step, 1]).random((len(chosen), source_ids.shape[1]))[own]
            source_ids[(drawn < self.word_dropout) & (source_ids > EOS)] = UNK
        return (source_ids, target_inputs), target_ids

    def _plan_of(self, data_pass: int) -> list[tuple[int, np.ndarray]]:
        """The batches of one pass: (bucket, indices of its pairs)."""
        if self._plan is None or self._plan[0] != data_pass:
            order = None if self.seed is None else np.random.default_rng([self.seed, data_pass])
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

    def _batch(self, chosen: np.ndarray, shape: tuple[int, int], sample: int):
        source_ids = np.zeros((len(chosen), shape[0]), np.int32)
        target_ids = np.zeros((len(chosen), shape[1]), np.int32)
        for row, index in enumerate(chosen):
            if index == EMPTY:
                source_ids[row, 0] = EOS
                continue
            source = self.pairs.source(index, 0 if self.seed is None else sample % self.pairs.samples)
            target = self.pairs.target(index)
            source_ids[row, : len(source)] = source[: shape[0]]
            target_ids[row, : len(target)] = target[: shape[1]]
        target_inputs = np.concatenate([np.full((len(chosen), 1), BOS, np.int32), target_ids[:, :-1]], axis=1)
        return (source_ids, target_inputs), target_ids

    def __iter__(self) -> Iterator[Any]:
        return (self[index] for index in range(len(self)))

    def for_fit(self) -> Any:
        """What `keras.Model.fit` takes on the current backend.

        On TensorFlow a data set with its lengths declared open: `fit` would otherwise take the lengths of the first
        two batches for those of all.
        """
        if keras.backend.backend() != "tensorflow":
            return self
        import tensorflow as tf

        ids = tf.TensorSpec((None, None), tf.int32)
        dataset = tf.data.Dataset.from_generator(lambda: iter(self), output_signature=((ids, ids), ids))
        return dataset.apply(tf.data.experimental.assert_cardinality(len(self))).prefetch(4)


def _make_buckets(pairs: PairIds, buckets: int) -> tuple[list[np.ndarray], list[tuple[int, int]]]:
    """Groups of pair indices of like length, and each group's shape (source_length, target_length)."""
    lengths = np.stack([pairs.source_lengths, pairs.target_lengths], axis=1)
    longest = _round_up(lengths.max(axis=1))
    group_of = np.searchsorted(_borders(lengths, longest, buckets), longest)
    groups = [np.flatnonzero(group_of == group) for group in range(group_of.max() + 1)]
    shapes = [_round_up(lengths[group].max(axis=0)) for group in groups]
    return groups, [(int(source), int(target)) for source, target in shapes]


def _borders(lengths: np.ndarray, longest: np.ndarray, buckets: int) -> np.ndarray:
    """The longer side up to which each group goes, such that all groups' shapes together are the smallest."""
    steps, step_of = np.unique(longest, return_inverse=True)
    count = np.bincount(step_of)
    widest = np.zeros((len(steps), 2), int)
    np.maximum.at(widest, step_of, lengths)
    # cost[first, last]: what one group from a step to another fills, padding counted
    cost = np.full((len(steps), len(steps)), np.inf)
    for first in range(len(steps)):
        shapes = _round_up(np.maximum.accumulate(widest[first:]))
        cost[first, first:] = np.cumsum(count[first:]) * shapes.sum(axis=1)
    least, starts = cost[0], []  # of the steps up to each one in so many groups, and where the last group starts
    for _ in range(min(buckets, len(steps)) - 1):
        with_last = np.concatenate([[np.inf], least[:-1]])[:, None] + cost
        starts.append(with_last.argmin(axis=0))
        least = with_last.min(axis=0)
    lasts = [len(steps) - 1]
    for start in reversed(starts):
        lasts.append(start[lasts[-1]] - 1)
    return steps[lasts[::-1]]


def _round_up(lengths: np.ndarray) -> np.ndarray:
    return -(-lengths // MULTIPLE) * MULTIPLE
