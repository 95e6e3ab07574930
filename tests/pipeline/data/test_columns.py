import numpy as np
import pytest

from seq2edge.pipeline.data.columns import PairIds, PairWriter

SOURCES = [[[5, 6, 3], [7, 8, 9, 3]], [[4, 3], [4, 3]]]
TARGETS = [[10, 3], [11, 12, 13, 3]]


@pytest.mark.parametrize(("largest", "dtype"), [(2**16 - 1, np.uint16), (2**16, np.uint32)])
def test_pairs_come_back_memory_mapped_with_every_encoding(tmp_path, largest, dtype):
    with PairWriter(tmp_path / "train", largest) as writer:
        for sources, target in zip(SOURCES, TARGETS, strict=True):
            writer.write(sources, [*target[:-1], largest, 3])
    pairs = PairIds.open(tmp_path / "train")
    assert isinstance(pairs.source_ids, np.memmap)
    assert pairs.source_ids.dtype == dtype
    assert (len(pairs), pairs.samples) == (2, 2)
    assert [[pairs.source(i, k).tolist() for k in range(2)] for i in range(2)] == SOURCES
    assert pairs.target(1).tolist() == [11, 12, 13, largest, 3]
    assert pairs.source_lengths.tolist() == [4, 2]
    assert pairs.target_lengths.tolist() == [3, 5]
    assert sorted(path.suffix for path in (tmp_path / "train").iterdir()) == [".npy"] * 4
