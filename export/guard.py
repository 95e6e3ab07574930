"""Builds guard.json: categories of messages that get a fixed reply instead of that of a chat's model."""

import json
import re
import tomllib
from collections.abc import Mapping, Sequence
from typing import Any

from seq2edge.device.guard import CategoryJson, GuardJson
from seq2edge.device.guard_classifier import ClassifierJson
from seq2edge.export.literals import literal_index
from seq2edge.pipeline.data.corpus import FOLDER as SMALLTALK
from seq2edge.pipeline.recipe_schema.seq2seq import GuardSettings

FOLDER = SMALLTALK / "guard"
LANGUAGES = ("en", "ko")
WEIGHTS = FOLDER / "weights.json"  # weights of the classifiers, written by `seq2edge.export.guard_training`
WORDS = re.compile(r"<(\w+)>")  # a placeholder in a pattern for the alternatives of this name


def build_guard(settings: GuardSettings) -> GuardJson:
    """Return the content of guard.json for a recipe. Without categories there is no guard."""
    own: list[CategoryJson] = [
        {**category.model_dump(), "examples": []}  # type: ignore[typeddict-item]
        for category in settings.categories
    ]
    categories = [*own, *(bundled_categories() if settings.bundled else [])]
    guard: GuardJson = {"categories": [{**category, "literals": _literals(category)} for category in categories]}
    return {**guard, "classifiers": bundled_classifiers()} if settings.bundled else guard


def _literals(category: CategoryJson) -> dict[str, dict[str, dict[str, list[int]]]]:
    return {
        kind: {language: literal_index(some) for language, some in patterns.items()}
        for kind, patterns in (("patterns", category["patterns"]), ("unless", category["unless"]))
    }


def bundled_categories() -> list[CategoryJson]:
    """Return the categories for people in distress, by priority."""
    about = _read("replies")
    numbers = about["numbers"]
    rules = {language: _read(language) for language in LANGUAGES}
    return [
        {
            "name": name,
            "replies": {language: category[language].format(**numbers) for language in LANGUAGES},
            "patterns": {language: _expanded(rules[language], name, "patterns") for language in LANGUAGES},
            # Longer alternatives first, because the first match counts.
            "unless": {
                language: sorted(_expanded(rules[language], name, "unless"), key=len, reverse=True)
                for language in LANGUAGES
            },
            "examples": category["examples"],
            "classified": True,
        }
        for name, category in about["categories"].items()
    ]


def bundled_classifiers() -> dict[str, ClassifierJson]:
    """Return the classifier of each language."""
    return json.loads(WEIGHTS.read_text(encoding="utf-8"))["classifiers"]


def _read(name: str) -> dict[str, Any]:
    return tomllib.loads((FOLDER / f"{name}.toml").read_text(encoding="utf-8"))


def _expanded(rules: Mapping[str, Any], category: str, kind: str) -> list[str]:
    """Return the patterns of a category, with their placeholders replaced by the alternatives."""
    words: Mapping[str, Sequence[str]] = rules.get("words", {})

    def alternatives(found: re.Match[str]) -> str:
        return f"(?:{'|'.join(WORDS.sub(alternatives, word) for word in words[found[1]])})"

    return [WORDS.sub(alternatives, pattern) for pattern in rules[category].get(kind, [])]
