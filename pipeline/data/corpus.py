"""The bundled corpus: small talk in English and Korean, written for this project (CC0)."""

import tomllib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from seq2edge.device.special_ids import UNKNOWN
from seq2edge.device.turns import with_previous
from seq2edge.pipeline.data.readers import Pair

FOLDER = Path(__file__).parents[1] / "smalltalk"
LANGUAGES = ("en", "ko")
FOLLOW_UPS = ("another", "why", "and_you")  # what a message may ask of the reply before
ASKING = {"another": "another_one", "why": "why", "and_you": "and_you"}  # the intents that ask for them
AGAIN = "repeat"  # the intent that asks for the same reply again
SAID = {"another": "+", "why": "?", "and_you": "&", "again": "="}  # what stands for them before a reply
COPIES = 16  # of each turn, which repeat the sign: a message has many phrasings, and a turn only this


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


def turn_pairs() -> Iterator[Pair]:
    """What is said of a reply: another one, why, about the bot itself, or the same again."""
    for language in LANGUAGES:
        for intent in intents():
            reply, another = intent.replies[language], intent.follow_ups["another"][language]
            turns = [(SAID[kind], reply, intent.follow_ups[kind][language]) for kind in FOLLOW_UPS]
            turns.append((SAID["another"], another, reply))
            turns += [(SAID["again"], said, said) for said in _all_replies(intent, language)]
            for message, before, answer in turns:
                for copy in range(COPIES):
                    yield Pair(with_previous(message * (copy + 1), before), answer)


def follow_ups() -> dict[str, list[str]]:
    """The section `decoding.follow_ups` of a recipe: the replies of the intents that refer to the reply before."""
    asking = {SAID[kind]: name for kind, name in ASKING.items()} | {SAID["again"]: AGAIN}
    of_name = {intent.name: intent for intent in intents()}
    return {message: list(of_name[name].replies.values()) for message, name in asking.items()}


def unknown_pairs() -> Iterator[Pair]:
    """Messages about other things, with the target of sources that have no answer."""
    for language in LANGUAGES:
        for text in (FOLDER / "unknown" / f"{language}.txt").read_text(encoding="utf-8").splitlines():
            yield Pair(text, UNKNOWN)


def _all_replies(intent: Intent, language: str) -> list[str]:
    return [intent.replies[language], *(replies[language] for replies in intent.follow_ups.values())]


# By their paths in a recipe.
CORPORA = {
    "bundled:smalltalk": corpus_pairs,
    "bundled:turns": turn_pairs,
    "bundled:unknown": unknown_pairs,
    "bundled:intents": intent_pairs,
}
