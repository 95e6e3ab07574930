import numpy as np

from seq2edge.device.batching import Job, in_length_groups, pad_sources
from seq2edge.device.processors.interface import Segment


def test_each_feature_is_padded_with_zeros_and_keeps_its_type():
    short = {"input_features": np.ones((1, 2), np.float32), "speakers": np.array([7], np.uint8)}
    long = {"input_features": np.full((3, 2), 2, np.float32), "speakers": np.array([8, 9, 8], np.uint8)}
    padded = pad_sources([short, long], 4)
    assert padded["input_features"].tolist() == [[[1, 1]] + [[0, 0]] * 3, [[2, 2]] * 3 + [[0, 0]]]
    assert padded["speakers"].tolist() == [[7, 0, 0, 0], [8, 9, 8, 0]]
    assert [values.dtype for values in padded.values()] == [np.float32, np.uint8]


def test_groups_have_similar_lengths_and_first_segments_are_separate():
    lengths = {(0, 0): 5, (0, 1): 1, (1, 0): 2, (2, 0): 4}
    jobs = [
        Job(source, place, Segment(None, 0), {"input_features": np.zeros((length, 2))})
        for (source, place), length in lengths.items()
    ]
    groups = [[(job.source, job.place) for job in group] for group in in_length_groups(jobs, 2)]
    assert groups == [[(1, 0), (2, 0)], [(0, 0)], [(0, 1)]]
