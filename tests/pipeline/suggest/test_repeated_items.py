import pytest

from seq2edge.pipeline.data.readers import Pair
from seq2edge.pipeline.suggest.repeated_items import LARGEST, fitting_slots

GREETINGS = [Pair("hello", "hallo")] * 10


@pytest.mark.parametrize(
    ("source", "target", "slots"),
    [
        ("wait {n} seconds", "{n} Sekunden warten", 1),
        ("copy a/b to c/d", "a/b nach c/d kopieren", 2),
        ("room 7, room 7", "Zimmer 7", 1),
        ("two plus 2", "zwei plus zwei", 0),  # the target has none
        (" ".join(map(str, range(20))), " ".join(map(str, range(20))), LARGEST),
    ],
)
def test_slots_are_enough_for_the_items_that_targets_repeat(source, target, slots):
    assert fitting_slots([*GREETINGS, Pair(source, target)]) == slots


def test_rare_items_need_no_slots():
    assert fitting_slots([*GREETINGS * 3, Pair("at 8", "um 8")]) == 0
    assert fitting_slots(GREETINGS) == 0
