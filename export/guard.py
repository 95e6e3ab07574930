"""Builds guard.json: categories of messages that get a fixed reply instead of that of a chat's model."""

import json
import tomllib
from collections.abc import Mapping, Sequence
from typing import Any

from seq2edge.device.guard import CategoryJson, GuardJson, without_placeholders
from seq2edge.device.guard_classifier import ClassifierJson
from seq2edge.device.guard_patterns import WORDS, replaced
from seq2edge.export.literals import literal_index
from seq2edge.pipeline.data.corpus import FOLDER as SMALLTALK
from seq2edge.pipeline.recipe_schema.seq2seq import GuardSettings

FOLDER = SMALLTALK / "guard"
LANGUAGES = ("en", "ko")
WEIGHTS = FOLDER / "weights.json"  # weights of the classifiers, written by `seq2edge.export.guard_training`


def build_guard(settings: GuardSettings) -> GuardJson:
    """Return the content of guard.json for a recipe. Without categories there is no guard."""
    own: list[CategoryJson] = [
        {**category.model_dump(), "examples": []}  # type: ignore[typeddict-item]
        for category in settings.categories
    ]
    bundled: GuardJson = {"categories": []}
    if settings.bundled:
        bundled = {**bundled_patterns(), "classifiers": bundled_classifiers()}
    guard: GuardJson = {**bundled, "categories": [*own, *bundled["categories"]]}
    full = without_placeholders(guard)
    for category, its_expressions in zip(guard["categories"], full, strict=True):
        category["literals"] = _literals(its_expressions)
    return guard


def _literals(category: CategoryJson) -> dict[str, dict[str, dict[str, list[int]]]]:
    return {
        kind: {language: literal_index(some) for language, some in patterns.items()}
        for kind, patterns in (("patterns", category["patterns"]), ("unless", category["unless"]))
    }


def bundled_patterns() -> GuardJson:
    """Return the categories for people in distress, by priority, and the words of their patterns."""
    about = _read("replies")
    numbers = about["numbers"]
    rules = {language: _read(language) for language in LANGUAGES}
    words = {language: _alternatives(rules[language].pop("words")) for language in LANGUAGES}
    categories: list[CategoryJson] = [
        {
            "name": name,
            "replies": {language: category[language].format(**numbers) for language in LANGUAGES},
            "patterns": {language: rules[language][name]["patterns"] for language in LANGUAGES},
            "unless": {
                language: _longest_first(rules[language][name].get("unless", []), words[language])
                for language in LANGUAGES
            },
            "examples": category["examples"],
            "classified": True,
        }
        for name, category in about["categories"].items()
    ]
    return {"categories": categories, "words": words}


def bundled_classifiers() -> dict[str, ClassifierJson]:
    """Return the classifier of each language."""
    return json.loads(WEIGHTS.read_text(encoding="utf-8"))["classifiers"]


def _read(name: str) -> dict[str, Any]:
    return tomllib.loads((FOLDER / f"{name}.toml").read_text(encoding="utf-8"))


def _alternatives(words: Mapping[str, Sequence[str]]) -> dict[str, str]:
    """Return an expression for each list of words. An entry may be a placeholder for another list."""

    def expression(name: str) -> str:
        return f"(?:{'|'.join(WORDS.sub(lambda found: expression(found[1]), word) for word in words[name])})"

    return {name: expression(name) for name in words}


def _longest_first(patterns: Sequence[str], words: Mapping[str, str]) -> list[str]:
    """Sort expressions by their length without placeholders, because each is replaced before the next."""
    return sorted(patterns, key=lambda one: len(replaced(one, words)), reverse=True)
