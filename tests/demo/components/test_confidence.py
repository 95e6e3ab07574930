import pytest

from seq2edge.demo.components.confidence import confidence, level
from seq2edge.demo.words import table
from seq2edge.device.words import words_of

ENGLISH = table("en")


@pytest.mark.parametrize(
    ("probability", "name"), [(1.0, "high"), (0.8, "high"), (0.79, "middle"), (0.5, "middle"), (0.1, "low"), (0, "low")]
)
def test_a_probability_has_a_level(probability, name):
    assert level(probability) == name


def test_words_show_their_level_and_probability(parsed):
    page = parsed(confidence(words_of(["▁<b>", "▁dog"]), [0.9, 0.004], ENGLISH))
    assert page.attributes("span", "class") == ["li-sure li-high", "li-sure li-low"]
    assert "dog: <1%" in page.text
    assert "<b>: 90%" in page.text
