from seq2edge.pipeline.training.validation import evenly


def test_a_validation_sample_is_from_all_over_the_set():
    assert evenly(["manual"] * 4 + ["everyday"] * 2 + ["bible"] * 4, 5) == [
        "manual",
        "manual",
        "everyday",
        "bible",
        "bible",
    ]


def test_a_small_validation_set_is_taken_whole():
    assert evenly([1, 2, 3], 200) == [1, 2, 3]
    assert evenly([], 200) == []
