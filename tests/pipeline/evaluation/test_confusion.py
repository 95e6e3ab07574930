from seq2edge.pipeline.evaluation.confusion import OTHERS, ConfusedPair, Confusion, confused_pairs

EXPECTED = ["a", "a", "a", "b", "b", "c", "d"]
PREDICTED = ["a", "b", "b", "b", "a", "c", "a"]


def test_rows_are_expected_and_columns_predicted():
    found = Confusion.of(EXPECTED, PREDICTED)
    assert found.rows == found.columns == ("a", "b", "c", "d")
    assert found.counts.tolist() == [[1, 2, 0, 0], [1, 1, 0, 0], [0, 0, 1, 0], [1, 0, 0, 0]]


def test_a_label_that_is_only_predicted_is_in_the_matrix():
    assert Confusion.of(["a", "a"], ["a", "x"]).counts.tolist() == [[1, 1], [0, 0]]


def test_most_confused_adds_a_column_for_other_labels():
    part = Confusion.of(EXPECTED, ["a", "b", "d", "b", "a", "c", "a"]).most_confused(2)
    assert part.rows == ("a", "b")  # four and two mistakes; d has two as well
    assert part.columns == ("a", "b", OTHERS)
    assert part.counts.tolist() == [[1, 1, 1], [1, 1, 0]]


def test_most_confused_shows_all_of_few_labels():
    whole = Confusion.of(EXPECTED, PREDICTED)
    assert whole.most_confused(4) is whole


def test_pairs_are_sorted_by_their_mistakes():
    assert confused_pairs(EXPECTED, PREDICTED, 2) == [ConfusedPair("a", "b", [1, 2]), ConfusedPair("b", "a", [4])]
