"""The bundled corpus: small talk in English and Korean, written for this project (CC0)."""

import tomllib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cache, partial
from pathlib import Path

from seq2edge.device.special_ids import UNKNOWN
from seq2edge.pipeline.data.readers import Pair

FOLDER = Path(__file__).parents[1] / "smalltalk"
LANGUAGES = ("en", "ko")
FOLLOW_UPS = ("another", "why", "and_you")  # what a message may ask of the reply before
ASKING = {"another": "another_one", "why": "why", "and_you": "and_you", None: "repeat"}  # the intents of such messages


@dataclass(frozen=True)
class Intent:
    """One thing that people say.

    Attributes:
        phrasings: Ways to say it, by language.
        replies: The reply to it, by language.
        follow_ups: By one of `FOLLOW_UPS` and by language: what is said to a message that asks for it after the reply.
    """

    name: str
    about: str
    phrasings: dict[str, list[str]]
    replies: dict[str, str]
    follow_ups: dict[str, dict[str, str]]


@cache
def intents() -> Sequence[Intent]:
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
                    {kind: {lang: table[f"{kind}_{lang}"] for lang in LANGUAGES} for kind in FOLLOW_UPS},
                )
            )
    return tuple(found)


def intent_pairs() -> Iterator[Pair]:
    """Each phrasing with the name of its intent."""
    for intent in intents():
        for language in LANGUAGES:
            for phrasing in intent.phrasings[language]:
                yield Pair(phrasing, intent.name)


def corpus_pairs() -> Iterator[Pair]:
    """Each phrasing with the reply to it in the same language."""
    for intent in intents():
        for language in LANGUAGES:
            for phrasing in intent.phrasings[language]:
                yield Pair(phrasing, intent.replies[language])


def turn_pairs(kind: str) -> Iterator[Pair]:
    """Each reply with what is said to a message that asks for one of `FOLLOW_UPS` after it."""
    for language in LANGUAGES:
        for intent in intents():
            reply, answer = intent.replies[language], intent.follow_ups[kind][language]
            yield Pair(reply, answer)
            if kind == "another":
                yield Pair(answer, reply)


def unknown_pairs() -> Iterator[Pair]:
    """Messages about other things, with the target of sources that have no answer."""
    for language in LANGUAGES:
        for text in (FOLDER / "unknown" / f"{language}.txt").read_text(encoding="utf-8").splitlines():
            yield Pair(text, UNKNOWN)


# By their paths in a recipe, of data and of follow-ups.
CORPORA = {
    "bundled:smalltalk": corpus_pairs,
    "bundled:unknown": unknown_pairs,
    "bundled:intents": intent_pairs,
}
TURNS = {f"bundled:{kind}": partial(turn_pairs, kind) for kind in FOLLOW_UPS}
