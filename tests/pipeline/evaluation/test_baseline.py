from seq2edge.pipeline.data.readers import Pair
from seq2edge.pipeline.evaluation.baseline import nearest_neighbour


def test_the_nearest_neighbour_answers_what_its_neighbour_was_answered():
    train = [Pair("tell me a joke", "ha"), Pair("good morning", "morning!")]
    assert nearest_neighbour(train, ["a joke please", "mornin"]) == ["ha", "morning!"]
