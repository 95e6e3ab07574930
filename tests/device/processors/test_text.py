import unicodedata

import pytest

from seq2edge.device.processors.text import normalise


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("  a \t b\n c ", "a b c"),
        (unicodedata.normalize("NFD", "안녕"), "안녕"),
        ("a\x00b\x1bc", "a b c"),
        ("a\u200bb\ufeff", "ab"),
        ("ａ", "ａ"),
    ],
)
def test_normalise(text, expected):
    assert normalise(text, "NFC") == expected


def test_nfkc_makes_full_width_signs_ordinary():
    assert normalise("ＡＢＣ！", "NFKC") == "ABC!"
