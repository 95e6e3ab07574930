import numpy as np
import pytest

from seq2edge.device.words import Word, without_end, word_attention, words_of


@pytest.mark.parametrize(
    ("tokens", "words"),
    [
        (["▁A", "▁dog", "s", "▁runs", "."], ["A", "dogs", "runs", "."]),
        (["▁", "d", "o", "n", "'", "t", "▁", "3", ".", "1", "4", "!", "</s>"], ["don't", "3.14", "!", "</s>"]),
        (["▁Good▁morning", "!", "▁I▁hope"], ["Good morning", "!", "I hope"]),
        (["▁안", "녕", "<0xED>", "<0x95>", "<0x98>", "세요", "?"], ["안녕하세요", "?"]),
        (["▁我", "喜欢", "猫", "。"], ["我", "喜欢", "猫", "。"]),
        (["▁really", "?", "!"], ["really", "?!"]),
        (["▁"], ["▁"]),
        ([], []),
    ],
    ids=lambda value: "",
)
def test_tokens_are_joined_into_words(tokens, words):
    found = words_of(tokens)
    assert [word.text for word in found] == words
    assert [place for word in found for place in range(word.start, word.stop)] == list(range(len(tokens)))


def test_attention_by_words_is_summed_over_sources_and_averaged_over_targets():
    attention = np.array([[0.1, 0.2, 0.7], [0.3, 0.4, 0.3]])
    source, target = words_of(["▁a", "b", "▁c"]), words_of(["▁x", "y"])
    assert word_attention(attention, target, source) == pytest.approx(np.array([[0.5, 0.5]]))


def test_the_end_is_left_out_if_most_of_the_attention_is_on_it():
    source = (Word("hello", 0, 1), Word("world", 1, 2), Word("</s>", 2, 3))
    weights, shown, left_out = without_end(np.array([[0.2, 0.0, 0.8], [0.1, 0.3, 0.6]]), source)
    assert [word.text for word in shown] == ["hello", "world"]
    assert left_out == pytest.approx(0.7)
    assert weights.tolist() == [[pytest.approx(1), 0], [pytest.approx(0.25), pytest.approx(0.75)]]

    weights, shown, left_out = without_end(np.array([[0.5, 0.2, 0.3]]), source)
    assert (len(shown), left_out) == (3, 0)
    weights, shown, left_out = without_end(np.array([[0.0, 0.0, 1.0]]), source)
    assert weights.tolist() == [[0, 0]]
