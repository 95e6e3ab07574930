"""The bundled corpus: small talk in English and Korean, written for this project (CC0)."""

import tomllib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from seq2edge.pipeline.data.readers import Pair

FOLDER = Path(__file__).parents[1] / "smalltalk"
LANGUAGES = ("en", "ko")


@dataclass(frozen=True)
class Intent:
    """One thing that people say.

    Attributes:
        phrasings: Ways to say it, by language.
        replies: Replies to it, by language.
    """

    name: str
    about: str
    phrasings: dict[str, list[str]]
    replies: dict[str, list[str]]


def intents() -> list[Intent]:
    """Every intent, in a stable order."""
    found = []
    for path in sorted(FOLDER.glob("*.toml")):
        for name, table in tomllib.loads(path.read_text(encoding="utf-8")).items():
            found.append(
                Intent(
                    name,
                    table["about"],
                    {language: table[language].split("\n")[:-1] for language in LANGUAGES},
                    {language: table[f"reply_{language}"] for language in LANGUAGES},
                )
            )
    return found


def intent_pairs() -> Iterator[Pair]:
    """Each phrasing with the name of its intent."""
    for intent in intents():
        for language in LANGUAGES:
            for phrasing in intent.phrasings[language]:
                yield Pair(phrasing, intent.name)


def corpus_pairs() -> Iterator[Pair]:
    """Each phrasing with each reply to it in the same language."""
    for intent in intents():
        for language in LANGUAGES:
            for phrasing in intent.phrasings[language]:
                for reply in intent.replies[language]:
                    yield Pair(phrasing, reply)


CORPORA = {"bundled:smalltalk": corpus_pairs, "bundled:intents": intent_pairs}  # by their paths in a recipe
