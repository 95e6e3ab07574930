from seq2edge.pipeline.data.readers import Pair
from seq2edge.pipeline.evaluation.baseline import nearest_neighbour


def test_nearest_neighbour_gives_the_reply_of_its_neighbour():
    train = [Pair("tell me a joke", "ha"), Pair("good morning", "morning!")]
    assert nearest_neighbour(train, ["a joke please", "mornin"]) == ["ha", "morning!"]
