"""The bundled everyday sentences."""

import re
from collections import Counter

import pytest

from seq2edge.pipeline.data.bundled import CORPORA
from seq2edge.pipeline.data.phrases import FOLDER, topic_files

HANGUL = re.compile("[가-힣]")
NUMBER = re.compile(r"[0-9]+")
FILES = [*topic_files(), FOLDER / "test.tsv"]


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_each_line_is_a_korean_and_an_english_sentence(path):
    for line in path.read_text(encoding="utf-8").splitlines():
        korean, english = line.split("\t")
        assert HANGUL.search(korean), line
        assert not HANGUL.search(english), line
        assert korean == " ".join(korean.split()), line
        assert english == " ".join(english.split()), line


def folded(text):
    """A text without case, spaces and punctuation."""
    return re.sub(r"[\W_]+", "", text).casefold()


def test_no_korean_sentence_is_there_twice_and_none_of_the_test_is_in_training():
    training, independent = (list(CORPORA[name]()) for name in ("bundled:phrases", "bundled:phrases-test"))
    counts = Counter(folded(pair.source) for pair in (*training, *independent))
    assert [text for text, count in counts.items() if count > 1] == []


def test_numbers_are_mostly_the_same_on_both_sides():
    pairs = [pair for pair in CORPORA["bundled:phrases"]() if NUMBER.search(pair.source)]
    same = [sorted(NUMBER.findall(pair.source)) == sorted(NUMBER.findall(pair.target)) for pair in pairs]
    assert sum(same) > 0.9 * len(same)
