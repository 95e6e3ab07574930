import pytest

from seq2edge.device.scripts import script_note, script_of


@pytest.mark.parametrize(
    ("text", "name"), [("안녕 hi 하세요", "Hangul"), ("abc", "Latin"), ("привет", "Cyrillic"), ("1", "none")]
)
def test_the_script_of_a_text_is_recognised(text, name):
    assert script_of(text) == name


def test_a_text_in_another_script_gets_a_note():
    assert script_note("Where is it?", "Hangul").startswith("the text has Latin letters; the model was trained on")


@pytest.mark.parametrize(("text", "expected"), [("ls 명령", "Hangul"), ("12:30 🙂", "Hangul"), ("привет", "")])
def test_a_text_in_the_expected_script_gets_no_note(text, expected):
    assert script_note(text, expected) is None
