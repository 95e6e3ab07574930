from seq2edge.pipeline.training.validation import evenly


def test_the_validation_sample_is_evenly_spaced():
    assert evenly(["manual"] * 4 + ["everyday"] * 2 + ["bible"] * 4, 5) == [
        "manual",
        "manual",
        "everyday",
        "bible",
        "bible",
    ]


def test_a_small_validation_set_is_used_completely():
    assert evenly([1, 2, 3], 200) == [1, 2, 3]
    assert evenly([], 200) == []
