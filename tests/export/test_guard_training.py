import json
from pathlib import Path

import numpy as np
import pytest

from seq2edge.device.guard import Guard
from seq2edge.device.guard_classifier import Linear, ngrams
from seq2edge.export.guard import LANGUAGES, WEIGHTS, build_guard
from seq2edge.export.guard_training import HARMLESS, Features, Settings, digests, messages
from seq2edge.pipeline.recipe_schema.seq2seq import GuardSettings

FOLDER = Path(__file__).parents[2] / "pipeline/corpora/smalltalk/guard"
LARGEST = 1_300_000  # bytes of guard.json


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
    assert found[~is_distress].mean() < 0.02


def test_learned_weights_separate_texts_and_are_reproducible():
    texts = ["so cold and lost", "cold and wet", "lost and cold", "a fine day", "fine and warm", "a warm day"]
    labels = np.array([True, True, True, False, False, False])
    settings = Settings("word", longest=2, bonus=0, threshold=0, least=2, kept=4)
    first, second = (Features(texts, settings).fitted(labels, kept=4) for _ in range(2))
    assert first == second
    linear = Linear(first)
    assert len(linear.weights) <= 4
    assert [linear(ngrams(text, "word", 2)) > 0 for text in texts] == labels.tolist()
