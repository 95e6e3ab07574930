import pytest

from seq2edge.pipeline.data.scripts import script_of


@pytest.mark.parametrize(
    ("text", "name"), [("안녕 hi 하세요", "Hangul"), ("abc", "Latin"), ("привет", "Cyrillic"), ("1", "none")]
)
def test_script(text, name):
    assert script_of(text) == name
