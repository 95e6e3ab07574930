import hashlib
from functools import partial

import keras
import numpy as np
import pytest

from seq2edge.device.special_ids import EOS
from seq2edge.pipeline.data.batches import Batches, BatchOptions
from seq2edge.pipeline.data.collate import collate_seq2seq
from seq2edge.pipeline.data.columns import ColumnType, Table, write_table
from seq2edge.pipeline.data.sharding import Shard

FOUR = [(16, 16), (20, 20), (22, 22), (24, 24)]  # shapes of four buckets

# Options, word dropout, first step and number of steps; then the steps of a pass, the shapes of the buckets, and a hash
# of all batches. Trainings stay reproducible as long as these hold.
RECORDED = {
    "one bucket": (
        ({"batch_size": 16, "buckets": 1, "seed": 1}, 0.0, 0, None),
        (19, [(24, 24)], "6989c2cc44c0158a"),
    ),
    "several buckets": (
        ({"batch_size": 16, "buckets": 4, "seed": 2}, 0.0, 0, 70),
        (21, FOUR, "fa44b6c21562cd6d"),
    ),
    "validation": (
        ({"batch_size": 16, "buckets": 2}, 0.0, 0, None),
        (19, [(20, 20), (24, 24)], "cdf5f8bf4f423370"),
    ),
    "token budget": (
        ({"batch_size": 1, "tokens": 200, "seed": 3}, 0.0, 0, 60),
        (34, FOUR, "4fef2bb5e1fe410a"),
    ),
    "word dropout": (
        ({"batch_size": 16, "seed": 4}, 0.3, 0, 40),
        (21, FOUR, "6fe0000cad043e46"),
    ),
    "resumed": (
        ({"batch_size": 16, "seed": 4}, 0.3, 37, 30),
        (21, FOUR, "dba7563fdfd36cd2"),
    ),
    "second process": (
        ({"batch_size": 16, "seed": 4, "shard": Shard(1, 2, 4)}, 0.3, 0, 40),
        (21, FOUR, "c5642593c977a3b9"),
    ),
    "second process, token budget": (
        ({"batch_size": 1, "tokens": 300, "seed": 5, "shard": Shard(1, 2, 4)}, 0.2, 5, 40),
        (26, FOUR, "44da744ef949129a"),
    ),
    "second process, validation": (
        ({"batch_size": 8, "buckets": 2, "shard": Shard(1, 2, 2)}, 0.0, 0, None),
        (38, [(20, 20), (24, 24)], "afc8959e6880af7e"),
    ),
}


def text_rows(count, samples):
    """Pairs as `prepare` writes them: the encodings of a source, and a target, ending in eos."""
    random = np.random.default_rng(0)
    for _ in range(count):
        lengths = random.integers(1, 24, samples + 1)
        *sources, target = ([*random.integers(4, 300, length).tolist(), EOS] for length in lengths)
        yield sources, target


@pytest.fixture(scope="module")
def pairs(tmp_path_factory):
    folder = tmp_path_factory.mktemp("columns") / "train"
    types = {"source_ids": ColumnType.of_ids(300, samples=3), "target_ids": ColumnType.of_ids(300)}
    with write_table(folder, types) as columns:
        for sources, target in text_rows(300, samples=3):
            columns["source_ids"].append(*sources)
            columns["target_ids"].append(target)
    return Table.open(folder)


def digest(batches):
    """A hash of the shapes, dtypes and values of all batches."""
    hashed = hashlib.sha256()
    for (source_ids, target_inputs), target_ids in batches:
        for array in (source_ids, target_inputs, target_ids):
            hashed.update(f"{array.shape} {array.dtype}".encode() + array.tobytes())
    return hashed.hexdigest()[:16]


@pytest.mark.parametrize("case", RECORDED)
def test_batches_of_text_equal_the_recorded_ones(case, pairs):
    (options, word_dropout, first_step, steps), recorded = RECORDED[case]
    collate = partial(collate_seq2seq, word_dropout=word_dropout)
    batches = Batches(pairs, collate, BatchOptions(**options), first_step, steps)
    assert (batches.steps_per_pass, batches.shapes, digest(batches)) == recorded


def table_of(folder, column_type, lengths):
    """Random features with a label in each row, and the features."""
    random = np.random.default_rng(0)
    shapes = [(length, *column_type.item_shape) for length in lengths]
    arrays = [(random.random(shape) * 200 + 1).astype(column_type.dtype) for shape in shapes]
    with write_table(folder, {"features": column_type, "label": ColumnType("uint8")}) as columns:
        for label, array in enumerate(arrays):
            columns["features"].append(array)
            columns["label"].append([label])
    return Table.open(folder), arrays


def features_and_label(rows, random):
    return rows["features"], rows["label"][:, 0]


@pytest.mark.parametrize(
    ("column_type", "lengths", "shapes"),
    [
        (ColumnType("float16", (40,)), [30, 31, 90, 100, 33, 97], {(34, 40), (100, 40)}),  # frames of sound
        (ColumnType("uint8", (6, 3)), [8, 8, 5, 8, 5, 4], {(6, 6, 3), (8, 6, 3)}),  # rows of pixels
        (ColumnType("uint8", (5, 6, 3)), [1] * 6, {(1, 5, 6, 3)}),  # whole pictures
    ],
)
def test_frames_and_pixels_keep_shape_and_dtype_in_batches(column_type, lengths, shapes, tmp_path):
    table, arrays = table_of(tmp_path / "t", column_type, lengths)
    batches = Batches(table, features_and_label, BatchOptions(batch_size=3, buckets=2, seed=1))
    seen = {}
    for features, labels in batches:
        assert features.dtype == column_type.dtype
        assert features.shape[1:] in shapes
        seen |= dict(zip(labels.tolist(), features, strict=True))
    assert sorted(seen) == list(range(6))
    for label, array in enumerate(arrays):
        np.testing.assert_array_equal(seen[label][: len(array)], array)
        assert not seen[label][len(array) :].any()


def test_fit_receives_frames_with_their_dtype_and_open_lengths(tmp_path):
    if keras.backend.backend() != "tensorflow":
        pytest.skip("other backends get the batches as they are")
    import tensorflow as tf

    table, _ = table_of(tmp_path / "t", ColumnType("float16", (40,)), [30, 90])
    batches = Batches(table, features_and_label, BatchOptions(batch_size=2, buckets=2, seed=1))
    dataset = batches.for_fit()
    assert dataset.element_spec == (tf.TensorSpec((None, None, 40), tf.float16), tf.TensorSpec((None,), tf.uint8))
    for (found, _), (expected, _) in zip(dataset, batches, strict=True):
        np.testing.assert_array_equal(found, expected)


def test_every_pass_uses_another_encoding_of_a_source(pairs):
    def sources(data_pass):
        batches = Batches(pairs, collate_seq2seq, BatchOptions(batch_size=300, buckets=1, seed=1), data_pass, 1)
        return {tuple(i for i in row if i) for row in batches[0][0][0].tolist()}

    for data_pass in range(4):
        encodings = {tuple(pairs["source_ids"].row(index, data_pass % 3).tolist()) for index in range(300)}
        assert sources(data_pass) == encodings
