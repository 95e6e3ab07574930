"""A search with `all_items` completes the slots of a target and protects their items."""

import numpy as np
import pytest

from seq2edge.device.search.constraints import WriteSlots
from seq2edge.device.search.slots import Slot, SlotUse
from seq2edge.device.special_ids import EOS

FIRST, SECOND, THIRD, DIGIT, SLASH, DOT, SPACE, WORD = range(4, 12)
USE = SlotUse(
    slots=(
        Slot(FIRST, 1, frozenset({DIGIT, SLASH})),
        Slot(SECOND, 2, frozenset({DIGIT, SLASH, WORD})),  # a path, twice in the source
        Slot(THIRD, 0),  # no item of the source
    ),
    digits=frozenset({DIGIT}),
    separators=frozenset({DOT}),
    space=SPACE,
)


def allowed(ids, likely=WORD):
    """The tokens that are allowed after a target, if one token is the most likely."""
    log_probs = np.full(WORD + 1, -9.0)
    log_probs[likely] = -0.1
    WriteSlots(USE).apply(ids, log_probs)
    return {*np.flatnonzero(log_probs > -np.inf).tolist()} - set(range(EOS))


@pytest.mark.parametrize(
    ("ids", "next_tokens"),
    [
        ((WORD,), {SPACE}),
        ((WORD, SPACE), {FIRST, SECOND}),  # both are unwritten
        ((SECOND, SPACE), {FIRST}),
        ((SECOND, WORD, FIRST, WORD), {SECOND, DIGIT, SLASH, DOT, SPACE, WORD, EOS}),  # the second item may come again
        ((SECOND, WORD, SECOND, WORD, FIRST, WORD), {DIGIT, SLASH, DOT, SPACE, WORD, EOS}),
    ],
)
def test_a_target_ends_only_when_every_slot_is_written(ids, next_tokens):
    assert allowed(ids, likely=EOS) == next_tokens


def test_a_target_goes_on_before_its_slots_are_written():
    assert allowed((WORD,)) == {FIRST, SECOND, DIGIT, SLASH, DOT, SPACE, WORD}


def test_the_item_of_a_slot_is_not_extended():
    assert not allowed((WORD, FIRST)) & {DIGIT, SLASH, SECOND}
    assert DIGIT not in allowed((FIRST, DOT))
    assert {DIGIT, SLASH} <= allowed((FIRST, WORD))
    assert WORD in allowed((WORD, FIRST))
    assert WORD not in allowed((WORD, SECOND))
