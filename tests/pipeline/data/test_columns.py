import json

import numpy as np
import pytest

from seq2edge.device.errors import UserError
from seq2edge.pipeline.data.columns import DTYPES, FILLER, ColumnType, Table, write_table

SOURCES = [[[5, 6, 3], [7, 8, 9, 3]], [[4, 3], [4, 3]]]
TARGETS = [[10, 3], [11, 12, 13, 3]]


@pytest.fixture
def pairs(tmp_path):
    types = {"source_ids": ColumnType.of_ids(300, samples=2), "target_ids": ColumnType.of_ids(2**16 + 1)}
    with write_table(tmp_path / "train", types) as columns:
        for sources, target in zip(SOURCES, TARGETS, strict=True):
            columns["source_ids"].append(*sources)
            columns["target_ids"].append([*target[:-1], 2**16, 3])
    return Table.open(tmp_path / "train")


def test_pairs_are_read_memory_mapped_with_every_encoding(pairs):
    sources, targets = pairs["source_ids"], pairs["target_ids"]
    assert all(isinstance(column.values.base, np.memmap) for column in (sources, targets))
    assert (sources.values.dtype, targets.values.dtype) == (np.uint16, np.uint32)
    assert (len(pairs), len(sources), sources.samples, targets.samples) == (2, 2, 2, 1)
    assert [[sources.row(i, k).tolist() for k in range(2)] for i in range(2)] == SOURCES
    assert targets.row(1).tolist() == [11, 12, 13, 2**16, 3]
    assert sources.lengths.tolist() == [4, 2]
    assert targets.lengths.tolist() == [3, 5]


def test_rows_are_padded_with_zeros(pairs):
    padded = pairs["source_ids"].padded(np.array([1, FILLER, 0]), 5, sample=1)
    assert padded.tolist() == [[4, 3, 0, 0, 0], [0] * 5, [7, 8, 9, 3, 0]]
    assert padded.dtype == np.uint16


@pytest.mark.parametrize(
    ("vocabulary", "dtype"),
    [(1, "uint8"), (2**8, "uint8"), (2**8 + 1, "uint16"), (2**16, "uint16"), (2**16 + 1, "uint32")],
)
def test_ids_have_the_smallest_dtype_that_holds_them(vocabulary, dtype):
    assert ColumnType.of_ids(vocabulary) == ColumnType(dtype)


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("item_shape", [(), (5,), (6, 3), (4, 6, 3)])
def test_items_of_any_dtype_and_shape_are_read_back(dtype, item_shape, tmp_path):
    random = np.random.default_rng(0)
    rows = [[(random.random((length, *item_shape)) * 99).astype(dtype) for length in pair] for pair in ((3, 0), (1, 7))]
    with write_table(tmp_path / "t", {"x": ColumnType(dtype, item_shape, samples=2)}) as columns:
        for row in rows:
            columns["x"].append(*row)
    column = Table.open(tmp_path / "t")["x"]
    assert column.values.dtype == dtype
    for index, row in enumerate(rows):
        for sample, expected in enumerate(row):
            np.testing.assert_array_equal(column.row(index, sample), expected)
    assert column.padded(np.arange(2), 7, sample=1).shape == (2, 7, *item_shape)


def test_a_json_file_describes_the_arrays(pairs, tmp_path):
    described = json.loads((tmp_path / "train" / "columns.json").read_text(encoding="utf-8"))
    assert described == {
        "source_ids": {"dtype": "uint16", "item_shape": [], "samples": 2},
        "target_ids": {"dtype": "uint32", "item_shape": [], "samples": 1},
    }
    assert sum(path.suffix == ".npy" for path in (tmp_path / "train").iterdir()) == 4


def test_a_table_may_be_empty(tmp_path):
    with write_table(tmp_path / "t", {"x": ColumnType("uint16")}):
        pass
    assert len(Table.open(tmp_path / "t")) == 0


@pytest.mark.parametrize(
    ("rows", "message"),
    [
        ([[1], [2]], "a row has 1 encodings. Received: 2"),
        ([np.zeros((2, 3), np.uint16)], r"x: expected the shape \(length\). Received: shape=\(2, 3\)"),
        ([np.array([70000])], "x: uint16 cannot hold every value. Received: dtype=int64"),
    ],
)
def test_a_wrong_row_leaves_no_table(rows, message, tmp_path):
    with pytest.raises(ValueError, match=message), write_table(tmp_path / "t", {"x": ColumnType("uint16")}) as columns:
        columns["x"].append(*rows)
    assert not list(tmp_path.iterdir())


def test_columns_of_different_lengths_are_refused(tmp_path):
    types = {"x": ColumnType("uint16"), "y": ColumnType("uint16")}
    with (
        pytest.raises(ValueError, match=r"Received: \{'x': 1, 'y': 0\}"),
        write_table(tmp_path / "t", types) as columns,
    ):
        columns["x"].append([1])
    assert not list(tmp_path.iterdir())


def test_unknown_dtypes_and_no_samples_are_refused():
    with pytest.raises(ValueError, match="Received: dtype='float64'"):
        ColumnType("float64")
    with pytest.raises(ValueError, match="Received: samples=0"):
        ColumnType("uint8", samples=0)


def test_a_damaged_table_is_refused_with_its_name(pairs, tmp_path):
    folder = tmp_path / "train"
    described = (folder / "columns.json").read_text(encoding="utf-8")
    (folder / "columns.json").write_text(described.replace("uint32", "int32"), encoding="utf-8")
    with pytest.raises(UserError, match=r"train: column 'target_ids' does not match columns\.json"):
        Table.open(folder)
    (folder / "columns.json").write_text(described, encoding="utf-8")
    (folder / "source_ids.values.npy").write_bytes(b"")
    with pytest.raises(UserError, match="train: column 'source_ids' cannot be read"):
        Table.open(folder)
    (folder / "columns.json").unlink()
    with pytest.raises(UserError, match="train: not a table of columns"):
        Table.open(folder)
