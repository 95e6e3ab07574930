import unicodedata

import pytest

from seq2edge.device.text import is_blank, normalise


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


@pytest.mark.parametrize(
    "text", ["  a \t b\r\n c ", unicodedata.normalize("NFD", "안녕"), "a\x00\u200b\ufeff", "ａ", ""]
)
def test_without_normalisation_a_text_is_kept(text):
    assert normalise(text, "none") == text


def test_half_a_character_is_replaced_in_any_form():
    assert [normalise("a\ud800", form) for form in ("NFC", "none")] == ["a\ufffd"] * 2


@pytest.mark.parametrize(("text", "expected"), [("", True), (" \t\n\u200b\x00\u2028\u3000", True), ("\n.", False)])
def test_a_text_without_visible_characters_is_blank(text, expected):
    assert is_blank(text) == expected
    assert (normalise(text, "NFC") == "") == expected
