"""Sampling weights of files: the share of each file, and the rows that a pass draws."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from seq2edge.device.errors import UserError
from seq2edge.pipeline.data.dataset import Dataset
from seq2edge.pipeline.recipe_schema.data import Data

ROUNDING = 1e-6  # a product of floats that exceeds a whole number by less than this is rounded down to it
DRAWS = 2  # part of the seed; the order of batches and the numbers of a batch use other values


def shares(data: Data, rows: Sequence[int]) -> list[float]:
    """Return the share of each file in the drawn pairs: weight · rows^(1 / temperature), divided by the sum.

    Args:
        rows: Number of training rows of each file.

    Reference:
        [Arivazhagan et al., 2019](https://arxiv.org/abs/1907.05019)
    """
    sizes = [file.weight * count ** (1 / data.temperature) for file, count in zip(data.files, rows, strict=True)]
    return [size / sum(sizes) for size in sizes]


@dataclass(frozen=True)
class Mixing:
    """Draws rows so that each file has its share.

    The rows of a file are drawn without replacement. A pass continues where the last one stopped. After every row was
    drawn, drawing starts again in another order. So the counts of any two rows of a file differ by at most one.

    Attributes:
        origins: Index of the file of each training row, `(rows,)`.
        factors: How often a row of each file is drawn in a pass, on average; `(files,)`.
    """

    origins: np.ndarray
    factors: np.ndarray

    @classmethod
    def of(cls, data: Data, dataset: Dataset) -> "Mixing | None":
        """Return the mixing of a recipe, or None if each pair is drawn once in a pass.

        Raises:
            UserError: If the dataset does not say which file its rows come from.
        """
        if not data.is_mixed:
            return None
        if "origins" not in dataset.summary:
            raise UserError(
                f"{dataset.path}: does not say which file a row comes from, which data.temperature and weight need; "
                "prepare it again: seq2edge prepare RECIPE --output RUN --overwrite"
            )
        origins = np.concatenate([np.full(rows, file) for file, rows in dataset.summary["origins"]])
        rows = np.bincount(origins, minlength=len(data.files))
        factors = np.array(shares(data, rows.tolist())) * len(origins) / np.maximum(rows, 1)
        return cls(origins, factors)

    def size(self, bucket: np.ndarray) -> int:
        """Return the number of rows that a pass draws from a bucket, rounded up for each file so that all are drawn."""
        return sum(self._drawn(len(rows), factor) for rows, factor in self._files(bucket))

    def draw(self, bucket: np.ndarray, data_pass: int, seed: Sequence[int]) -> tuple[np.ndarray, np.ndarray]:
        """Return the rows that a pass draws from a bucket, and how often each was drawn before.

        Args:
            bucket: Indices of the bucket's rows.
            seed: Seed of the bucket.
        """
        rows, visits = [], []
        for number, (own, factor) in enumerate(self._files(bucket)):
            drawn = self._drawn(len(own), factor)
            positions = np.arange(data_pass * drawn, (data_pass + 1) * drawn)
            rounds, places = np.divmod(positions, max(len(own), 1))
            for turn in np.unique(rounds):
                order = np.random.default_rng([*seed, number, turn, DRAWS]).permutation(own)
                rows.append(order[places[rounds == turn]])
            visits.append(rounds)
        return np.concatenate(rows), np.concatenate(visits)

    def _files(self, bucket: np.ndarray) -> list[tuple[np.ndarray, float]]:
        """Return the rows of a bucket that belong to each file, and the file's factor."""
        return [(bucket[self.origins[bucket] == file], factor) for file, factor in enumerate(self.factors)]

    @staticmethod
    def _drawn(rows: int, factor: float) -> int:
        whole = int(np.ceil(rows * factor - ROUNDING))
        return max(whole, min(rows, 1))
