"""The bundled corpus: small talk in English and Korean, written for this project (CC0)."""

import tomllib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cache, partial
from pathlib import Path

from seq2edge.device.special_ids import UNKNOWN
from seq2edge.pipeline.data.readers import Pair

FOLDER = Path(__file__).parents[1] / "corpora" / "smalltalk"
LANGUAGES = ("en", "ko")
FOLLOW_UPS = ("another", "why", "and_you")  # what a message may ask about the previous reply
ASKING = {"another": "another_one", "why": "why", "and_you": "and_you", None: "repeat"}  # the intents of such messages


@dataclass(frozen=True)
class Intent:
    """An intent: messages with the same meaning, and the reply to them.

    Attributes:
        phrasings: The messages, by language.
        replies: The reply, by language.
        follow_ups: Replies to the messages that may follow the reply, by one of `FOLLOW_UPS` and by language.
    """

    name: str
    about: str
    phrasings: dict[str, list[str]]
    replies: dict[str, str]
    follow_ups: dict[str, dict[str, str]]


@cache
def intents() -> Sequence[Intent]:
    """Return all intents, always in the same order."""
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
    """Yield each phrasing with the name of its intent."""
    for intent in intents():
        for language in LANGUAGES:
            for phrasing in intent.phrasings[language]:
                yield Pair(phrasing, intent.name)


def corpus_pairs() -> Iterator[Pair]:
    """Yield each phrasing with the reply in the same language."""
    for intent in intents():
        for language in LANGUAGES:
            for phrasing in intent.phrasings[language]:
                yield Pair(phrasing, intent.replies[language])


def turn_pairs(kind: str) -> Iterator[Pair]:
    """Yield each reply with the answer to a message that asks about it.

    Args:
        kind: What the message asks, one of `FOLLOW_UPS`.
    """
    for language in LANGUAGES:
        for intent in intents():
            reply, answer = intent.replies[language], intent.follow_ups[kind][language]
            yield Pair(reply, answer)
            if kind == "another":
                yield Pair(answer, reply)


def unknown_pairs() -> Iterator[Pair]:
    """Yield messages about other topics, with the target of sources that have no answer."""
    for language in LANGUAGES:
        for text in (FOLDER / "unknown" / f"{language}.txt").read_text(encoding="utf-8").splitlines():
            yield Pair(text, UNKNOWN)


# Follow-ups by their paths in a recipe.
TURNS = {f"bundled:{kind}": partial(turn_pairs, kind) for kind in FOLLOW_UPS}
