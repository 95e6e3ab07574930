import numpy as np

from seq2edge.demo.components.alternatives import alternatives
from seq2edge.demo.components.bars import bars
from seq2edge.demo.components.chips import chips
from seq2edge.demo.components.differences import marked
from seq2edge.demo.components.status import megabytes, milliseconds, rounded
from seq2edge.device.result import Part


def test_chips_are_the_words_with_the_most_attention():
    part = Part(("▁a", "<b>", "c"), ("▁x",), (0.0,), np.array([[0.3, 0.65, 0.05]]), (1,))
    page = chips(part)
    assert page.index("&lt;b&gt;") < page.index("·a")
    assert page.count('class="chip"') == 2
    assert chips(Part((), (), (), None, None)) == ""


def test_words_that_differ_are_marked():
    assert marked("a <b> d", "a c d") == "a <mark>&lt;b&gt;</mark> d"
    assert marked("a b", "a b") == "a b"


def test_alternatives_need_two_answers():
    assert alternatives(["one"]) == ""
    assert alternatives(["<one>", "two"]).count('class="answer"') == 2
    assert "<one>" not in alternatives(["<one>", "two"])


def test_bars_of_labels_have_the_length_of_their_probability():
    assert "width:25.0%" in bars([("<x>", 0.25)])
    assert "<x>" not in bars([("<x>", 0.25)])
    assert 'title="fun_fact">fun fact<' in bars([("fun_fact", 0.25)])
    assert bars([]) == ""


def test_numbers_are_rounded_to_significant_digits():
    assert (milliseconds(0.74), milliseconds(123.4)) == ("0.7", "123")
    assert (megabytes(0.184), megabytes(4.81)) == ("0.18", "4.8")
    assert (rounded(65.0), rounded(64.21)) == ("65.0", "64.2")
