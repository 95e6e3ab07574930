import json
from pathlib import Path

import numpy as np
import pytest

from seq2edge.device.guard import Guard
from seq2edge.device.guard_classifier import Linear, hash_of, ngrams
from seq2edge.export.guard import LANGUAGES, WEIGHTS, build_guard
from seq2edge.export.guard_training import HARMLESS, Features, Settings, digests, messages
from seq2edge.pipeline.recipe_schema.seq2seq import GuardSettings

FOLDER = Path(__file__).parents[2] / "pipeline/corpora/smalltalk/guard"
LARGEST = 1_450_000  # bytes of guard.json


def test_the_bundled_weights_were_learned_from_the_bundled_messages():
    made_from = json.loads(WEIGHTS.read_text(encoding="utf-8"))["messages"]
    command = "python -m seq2edge.export.guard_training pipeline/corpora/smalltalk/guard"
    assert made_from == digests(FOLDER), f"train the weights again: {command}"


@pytest.mark.parametrize("language", LANGUAGES)
def test_messages_are_sorted_and_unique(language):
    found = messages(FOLDER, language)
    assert found == sorted(found)
    assert len({text for _, text in found}) == len(found)
    classified = {category["name"] for category in build_guard(GuardSettings())["categories"]}
    assert {category for category, _ in found} == {HARMLESS, *classified}


def test_the_guard_is_small():
    guard = json.dumps(build_guard(GuardSettings()), ensure_ascii=False, separators=(",", ":"))
    assert len(guard.encode()) <= LARGEST


@pytest.mark.parametrize("language", LANGUAGES)
def test_most_training_messages_are_classified_correctly(language):
    guard = Guard.of_values(build_guard(GuardSettings()))
    some = messages(FOLDER, language)[::40]
    found = np.array([guard.check(text) is not None for _, text in some])
    is_distress = np.array([category != HARMLESS for category, _ in some])
    assert found[is_distress].mean() > 0.8
    assert found[~is_distress].mean() < 0.05


def test_learned_weights_separate_texts_and_are_reproducible():
    texts = ["so cold and lost", "cold and wet", "lost and cold", "a fine day", "fine and warm", "a warm day"]
    labels = np.array([True, True, True, False, False, False])
    settings = Settings("word", longest=2, bonus=0, threshold=0, ordinary=0, least=2, slots=64)
    first, second = (Features(texts, settings).fitted(labels, slots=64) for _ in range(2))
    assert first == second
    linear = Linear(first)
    values = [linear([hash_of(gram) for gram in ngrams(text, "word", 2)]) for text in texts]
    assert [value > 0 for value in values] == labels.tolist()


def test_a_slot_keeps_the_ngram_with_the_largest_weight():
    texts = ["cold day", "cold day", "cold day", "warm day", "warm day", "warm day"]
    settings = Settings("word", longest=1, bonus=0, threshold=0, ordinary=0, least=1, slots=1)
    linear = Linear(Features(texts, settings).fitted(np.array([True] * 3 + [False] * 3), slots=1))
    values = [linear([hash_of(word)]) - linear.bias for word in ("cold", "warm", "day")]
    assert np.count_nonzero(values) == 1
    assert values[2] == 0  # it says nothing
