from seq2edge.pipeline.data.readers import Pair
from seq2edge.pipeline.evaluation.baseline import Baseline, copy_source, linear_svm, nearest_neighbour


def test_nearest_neighbour_returns_the_target_of_the_nearest_source():
    train = [Pair("tell me a joke", "ha"), Pair("good morning", "morning!")]
    assert nearest_neighbour(train, ["a joke please", "mornin"]) == ["ha", "morning!"]


def test_the_copy_baseline_returns_the_source():
    assert copy_source([], ["rm {{path}}", "ls"]) == ["rm {{path}}", "ls"]


def test_a_linear_svm_generalises_to_another_phrasing():
    train = [Pair("tell me a joke", "joke"), Pair("a joke", "joke"), Pair("good morning", "greet"), Pair("hi", "greet")]
    assert linear_svm(train, ["jokes please", "mornin", "morning!"]) == ["joke", "greet", "greet"]


def test_a_baseline_has_a_key_of_its_own_in_json():
    train = [Pair("tell me a joke", "ha"), Pair("good morning", "morning!")]
    found = Baseline.of("nearest neighbour", train, ["a joke please"])
    assert (found.answers, found.key) == (["ha"], "nearest_neighbour")
    assert Baseline("linear SVM", []).key == "linear_svm"
