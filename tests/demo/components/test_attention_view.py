import dataclasses
import json

import numpy as np
import pytest

from seq2edge.demo.components.attention_view import MOST, attention_view
from seq2edge.demo.words import table
from seq2edge.device.words import words_of

ENGLISH, KOREAN = table("en"), table("ko")


def test_words_have_weights_and_the_strongest_are_described(part, parsed):
    page = parsed(attention_view(part, ENGLISH))
    words, tokens = map(json.loads, page.attributes("div", "data-weights"))
    assert words == tokens == [[20, 75, 5]]
    assert page.attributes("button", "data-side")[:4] == ["target", "source", "source", "source"]
    assert "mostly <script>" in page.text
    assert page.attributes("button", "aria-pressed") == ["true", "false"]


def test_the_table_has_a_cell_for_each_weight(part):
    page = attention_view(part, KOREAN)
    assert page.count('<td style="--heat:') == 2 * 3
    assert "어텐션" in page


@pytest.mark.parametrize(("length", "tables"), [(MOST, 2), (MOST + 1, 0)])
def test_a_long_text_has_no_table(part, length, tables):
    tokens = tuple(f"▁w{number}" for number in range(length))
    weights = np.full((1, length), 1 / length)
    long = dataclasses.replace(
        part, source_tokens=tokens, source_words=words_of(tokens), attention=weights, word_attention=weights
    )
    assert attention_view(long, ENGLISH).count("<table") == tables


def test_attention_to_a_single_place_gets_a_note(part):
    weights = np.array([[1.0, 0.0, 0.0]] * 2)
    tokens = ("▁x", "▁y")
    one = dataclasses.replace(
        part, target_tokens=tokens, target_words=words_of(tokens), attention=weights, word_attention=weights
    )
    assert ENGLISH["look_attention_one"] in attention_view(one, ENGLISH)
    assert ENGLISH["look_attention_one"] not in attention_view(part, ENGLISH)


def test_words_are_shown_without_the_end_of_the_text_if_most_attention_is_on_it(part):
    tokens, weights = ("▁x", "▁y", "</s>"), np.array([[0.1, 0.1, 0.8], [0.3, 0.0, 0.7]])
    one = dataclasses.replace(
        part,
        source_tokens=tokens,
        source_words=words_of(tokens),
        target_tokens=tokens[:2],
        target_words=words_of(tokens[:2]),
        attention=weights,
        word_attention=weights,
    )
    page = attention_view(one, ENGLISH)
    assert ENGLISH["look_attention_end"].format(share="75%") in page
    assert 'data-weights="[[50, 50], [100, 0]]"' in page
    assert 'data-weights="[[10, 10, 80], [30, 0, 70]]"' in page


def test_a_model_without_attention_gets_a_note(part):
    without = dataclasses.replace(part, attention=None, word_attention=None)
    assert ENGLISH["look_attention_none"] in attention_view(without, ENGLISH)
