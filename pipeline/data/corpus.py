"""The bundled corpus: small talk in English and Korean, written for this project (CC0)."""

import tomllib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from seq2edge.device.special_ids import UNKNOWN
from seq2edge.device.turns import with_previous
from seq2edge.pipeline.data.cleaning import hash64
from seq2edge.pipeline.data.readers import Pair
from seq2edge.pipeline.data.splitting import place_of

FOLDER = Path(__file__).parents[1] / "smalltalk"
LANGUAGES = ("en", "ko")
FOLLOW_UPS = ("another", "why", "and_you")  # what a message may ask of the reply before
ASKING = {"another": "another_one", "why": "why", "and_you": "and_you"}  # the intents that ask for them
AGAIN = "repeat"  # the intent that asks for the same reply again
SHARES = {"another": 12, "why": 8, "and_you": 6, "again": 3}  # turns made of each reply
UNRELATED = 3  # one in so many messages has a reply before it that does not matter
HELD_OUT = 0.2  # of the places of messages: turns are made of the others, so that no split has a message of another's


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
    """Messages with the reply before them: some ask about that reply, to the others it does not matter."""
    for language in LANGUAGES:
        phrasings = {intent.name: _kept(intent.phrasings[language]) for intent in intents()}
        for intent in intents():
            yield from _follow_ups(intent, language, phrasings)
        replies = [text for intent in intents() for text in _all_replies(intent, language)]
        for intent in intents():
            if intent.name in (*ASKING.values(), AGAIN):
                continue
            for phrasing in phrasings[intent.name][::UNRELATED]:
                before = replies[hash64(f"{phrasing}\tbefore") % len(replies)]
                yield Pair(with_previous(phrasing, before), intent.replies[language])


def unknown_pairs() -> Iterator[Pair]:
    """Messages about other things, alone and after a reply, with the target of sources that have no answer."""
    for language in LANGUAGES:
        replies = [intent.replies[language] for intent in intents()]
        for text in (FOLDER / "unknown" / f"{language}.txt").read_text(encoding="utf-8").splitlines():
            yield Pair(text, UNKNOWN)
            yield Pair(with_previous(text, replies[hash64(text) % len(replies)]), UNKNOWN)


def _follow_ups(intent: Intent, language: str, phrasings: dict[str, list[str]]) -> Iterator[Pair]:
    """Turns that ask about the replies of an intent."""
    reply = intent.replies[language]
    for kind, asking in ASKING.items():
        answer = intent.follow_ups[kind][language]
        for phrasing in _some(phrasings[asking], f"{intent.name} {kind}", SHARES[kind]):
            yield Pair(with_previous(phrasing, reply), answer)
    another = intent.follow_ups["another"][language]
    for phrasing in _some(phrasings[ASKING["another"]], f"{intent.name} again", SHARES["again"]):
        yield Pair(with_previous(phrasing, another), reply)
    for said in _all_replies(intent, language):
        for phrasing in _some(phrasings[AGAIN], said, SHARES["again"]):
            yield Pair(with_previous(phrasing, said), said)


def _all_replies(intent: Intent, language: str) -> list[str]:
    return [intent.replies[language], *(replies[language] for replies in intent.follow_ups.values())]


def _kept(phrasings: Sequence[str]) -> list[str]:
    return [phrasing for phrasing in phrasings if place_of(phrasing) >= HELD_OUT]


def _some(phrasings: Sequence[str], salt: str, count: int) -> list[str]:
    """The same few phrasings each time, others for each salt."""
    return sorted(phrasings, key=lambda phrasing: hash64(f"{salt}\t{phrasing}"))[:count]


# By their paths in a recipe.
CORPORA = {
    "bundled:smalltalk": corpus_pairs,
    "bundled:turns": turn_pairs,
    "bundled:unknown": unknown_pairs,
    "bundled:intents": intent_pairs,
}
