"""The bundled everyday sentences."""

import re
from collections import Counter

import pytest

from seq2edge.pipeline.data.bundled import CORPORA
from seq2edge.pipeline.data.phrases import TEST, topic_files
from seq2edge.pipeline.data.prepare import PrepareOptions, prepare
from seq2edge.pipeline.recipe_schema.load import find_recipe, load_recipe

HANGUL = re.compile("[가-힣]")
NUMBER = re.compile(r"[0-9]+")
FILES = [*topic_files(), TEST]


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


@pytest.mark.slow
def test_both_directions_of_a_pair_are_in_the_same_split(tmp_path):
    recipe = load_recipe(find_recipe("phrases"), ["tokenizer.samples=1", "tokenizer.vocabulary=4000"])
    data = prepare(recipe, tmp_path, PrepareOptions(quiet=True))
    texts = {
        split: {folded(text) for pair in data.texts(split) for text in (pair.source, pair.target)}
        for split in ("train", "test")
    }
    english = {folded(pair.target) for pair in CORPORA["bundled:phrases"]()}
    assert texts["train"] & texts["test"] & english == set()
