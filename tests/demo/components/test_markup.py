import pytest

from seq2edge.demo.components.markup import escape, percent, shortened, token_label


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
