from collections import Counter

import numpy as np
import pytest

from seq2edge.device.errors import UserError
from seq2edge.pipeline.data.batches import Batches, BatchOptions
from seq2edge.pipeline.data.columns import ColumnType, Table, write_table
from seq2edge.pipeline.data.dataset import Dataset
from seq2edge.pipeline.data.mixing import Mixing, shares
from seq2edge.pipeline.data.sharding import Shard
from seq2edge.pipeline.recipe_schema.data import Data

SIZES = [300, 30, 60]  # rows of three files


def data_of(*weights, **settings):
    return Data(files=[{"path": f"{i}.tsv", "weight": weight} for i, weight in enumerate(weights)], **settings)


def dataset_of(tmp_path, sizes):
    return Dataset(tmp_path, {"origins": [[file, size] for file, size in enumerate(sizes)]})


@pytest.fixture
def table(tmp_path):
    """Rows of two lengths, whose source is their own number twice, with three encodings."""
    with write_table(tmp_path / "t", {"source": ColumnType("uint16", samples=3), "row": ColumnType("uint16")}) as new:
        for row in range(sum(SIZES)):
            new["source"].append(*([sample, *[row] * (1 + row % 17)] for sample in range(3)))
            new["row"].append([row])
    return Table.open(tmp_path / "t")


def rows_and_samples(rows, random):
    return rows["row"][:, 0], rows["source"][:, 0]


def mixed(table, data, tmp_path, **settings):
    first, steps = settings.pop("first_step", 0), settings.pop("steps", None)
    options = BatchOptions(**{"batch_size": 10, "buckets": 3, "seed": 1, **settings},
                           mixing=Mixing.of(data, dataset_of(tmp_path, SIZES)))  # fmt: skip
    return Batches(table, rows_and_samples, options, first, steps)


@pytest.mark.parametrize(
    ("data", "expected"),
    [
        (data_of(1, 1), [0.9, 0.1]),
        (data_of(1, 1, temperature=2), [0.75, 0.25]),
        (data_of(1, 3), [0.75, 0.25]),
        (data_of(1, 3, temperature=2), [0.5, 0.5]),
    ],
)
def test_shares_follow_size_temperature_and_weight(data, expected):
    assert shares(data, [900, 100]) == pytest.approx(expected)


def test_files_are_not_mixed_by_default(tmp_path):
    for data in (data_of(1, 1), data_of(2), data_of(2, 2), data_of(1, temperature=5)):
        assert Mixing.of(data, dataset_of(tmp_path, [9] * len(data.files))) is None


def test_a_pass_has_the_share_of_each_file_and_the_size_of_the_data(table, tmp_path):
    data = data_of(1, 1, 2, temperature=2)
    expected = np.array(shares(data, SIZES)) * sum(SIZES)
    mixing = Mixing.of(data, dataset_of(tmp_path, SIZES))
    batches = mixed(table, data, tmp_path)
    found = Counter(
        mixing.origins[row] for bucket in range(3) for row in mixing.draw(batches.buckets[bucket], 4, [1, bucket])[0]
    )
    assert all(0 <= found[file] - expected[file] <= 3 for file in range(3))  # rounded up in each bucket
    assert sum(map(mixing.size, batches.buckets)) == found.total()


def test_rows_of_a_file_are_drawn_equally_often(table, tmp_path):
    mixing = Mixing.of(data_of(1, 3, 0.2), dataset_of(tmp_path, SIZES))
    bucket = np.arange(sum(SIZES))
    drawn, visits = zip(*(mixing.draw(bucket, data_pass, [7]) for data_pass in range(5)), strict=True)
    counts = np.bincount(np.concatenate(drawn), minlength=len(bucket))
    for file in range(3):
        own = counts[mixing.origins == file]
        assert own.max() - own.min() <= 1
    seen = Counter()
    for row, visit in zip(np.concatenate(drawn), np.concatenate(visits), strict=True):
        assert visit == seen[row]  # how often it was drawn before: which of its encodings comes next
        seen[row] += 1


def test_the_order_is_a_function_of_seed_and_step(table, tmp_path):
    data = data_of(1, 2, 4, temperature=3)
    whole = [tuple(map(np.ndarray.tolist, batch)) for batch in mixed(table, data, tmp_path, steps=150)]
    resumed = [tuple(map(np.ndarray.tolist, batch)) for batch in mixed(table, data, tmp_path, first_step=67, steps=83)]
    assert resumed == whole[67:]
    other = [tuple(map(np.ndarray.tolist, batch)) for batch in mixed(table, data, tmp_path, seed=2, steps=150)]
    assert other != whole


def test_processes_together_have_the_batches_of_a_single_process(table, tmp_path):
    data = data_of(1, 2, 4)
    one = mixed(table, data, tmp_path, shard=Shard(0, 1, 2), tokens=200)
    parts = [mixed(table, data, tmp_path, shard=Shard(process, 2, 2), tokens=200) for process in range(2)]
    for step in range(len(one)):
        joined = [np.concatenate(arrays) for arrays in zip(*(part[step] for part in parts), strict=True)]
        np.testing.assert_array_equal(joined, one[step])


def test_a_repeated_row_has_another_encoding(table, tmp_path):
    batches = mixed(table, data_of(1, 9, 1), tmp_path)
    samples = {}
    for rows, encodings in batches:
        for row, sample in zip(rows.tolist(), encodings.tolist(), strict=True):
            samples.setdefault(row, []).append(sample)
    often = [found for row, found in samples.items() if 300 <= row < 330]
    assert all(len(set(found)) > 1 for found in often)


def test_a_dataset_without_origins_is_refused(tmp_path):
    with pytest.raises(
        UserError, match=r"does not say which file a row comes from, which data\.temperature and weight"
    ):
        Mixing.of(data_of(1, 2), Dataset(tmp_path, {}))
