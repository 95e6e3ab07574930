import pytest

from seq2edge.demo.components.markup import escape, percent, shortened, token_label


def test_text_is_escaped():
    assert escape("<b>&\"'") == "&lt;b&gt;&amp;&quot;&#x27;"
    assert not set(escape("{{value}} ${value} `")) & set("{}$`")


@pytest.mark.parametrize(("share", "shown"), [(0.0, "0%"), (0.001, "<1%"), (0.834, "83%"), (1.0, "100%")])
def test_shares_are_shown_as_percentages(share, shown):
    assert percent(share) == shown


@pytest.mark.parametrize(
    ("token", "label"), [("▁the", "the"), ("▁", "·"), ("<0x6C>", "0x6C"), ("</s>", "end"), ("▁Good▁day", "Good day")]
)
def test_tokens_are_shown_without_markers(token, label):
    assert token_label(token, "end") == label


@pytest.mark.parametrize(
    ("text", "shown"), [("morning", "morning"), ("good morning", "good mo…"), ("안녕하세요", "안녕하…")]
)
def test_a_long_text_is_shortened_to_a_width(text, shown):
    assert shortened(text, 8) == shown
