import numpy as np
import pytest

from seq2edge.device.words import word_attention, words_of


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
