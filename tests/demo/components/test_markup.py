import pytest

from seq2edge.demo.components.markup import escape, percent, shortened, token_label
from seq2edge.demo.components.strings import ENGLISH, KOREAN, strings_for


def test_text_stays_text():
    assert escape("<b>&\"'") == "&lt;b&gt;&amp;&quot;&#x27;"
    assert not set(escape("{{value}} ${value} `")) & set("{}$`")


@pytest.mark.parametrize(("share", "shown"), [(0.0, "0%"), (0.001, "<1%"), (0.834, "83%"), (1.0, "100%")])
def test_shares_are_percents(share, shown):
    assert percent(share) == shown


@pytest.mark.parametrize(
    ("token", "label"), [("▁the", "the"), ("▁", "·"), ("<0x6C>", "0x6C"), ("</s>", "end"), ("▁Good▁day", "Good day")]
)
def test_tokens_are_shown_without_their_signs(token, label):
    assert token_label(token, "end") == label


@pytest.mark.parametrize(
    ("text", "shown"), [("morning", "morning"), ("good morning", "good mo…"), ("안녕하세요", "안녕하…")]
)
def test_a_long_text_is_shortened_by_its_width(text, shown):
    assert shortened(text, 8) == shown


def test_both_languages_say_everything():
    assert ENGLISH.keys() == KOREAN.keys()
    for key in ENGLISH:
        assert ENGLISH[key].count("{") == KOREAN[key].count("{"), key


@pytest.mark.parametrize(
    ("header", "strings"), [("ko-KR,ko;q=0.9", KOREAN), ("en-US,ko;q=0.5", ENGLISH), ("", ENGLISH), ("de", ENGLISH)]
)
def test_the_language_is_the_first_of_the_browser(header, strings):
    assert strings_for(header) is strings
