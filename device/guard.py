"""Answers some messages in place of a chat model, so that a person in distress does not get a joke.

The guard is a safety net, not a service: it recognises only what its patterns and its classifier cover.
"""

import re
import unicodedata
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Annotated, NamedTuple, NotRequired, TypedDict

from seq2edge.device.errors import UserError
from seq2edge.device.guard_classifier import Classifier, ClassifierJson
from seq2edge.device.guard_patterns import Expressions, replaced, replaced_length, syntax_mistake
from seq2edge.device.json_types import Items, read_json
from seq2edge.device.processors.text import INVISIBLE, MAX_CHARACTERS

FILE = "guard.json"
MOST_CHARACTERS = 10_000_000  # of all expressions; a small file with many placeholders could fill the memory
COMPACT = ("ko",)  # languages matched without spaces, because writers place spaces inconsistently
LETTERS = {
    "ko": re.compile("[\u1100-\u11ff\u3130-\u318f\uac00-\ud7a3]")
}  # a text without these letters is not in the language
APOSTROPHE = re.compile("['’‘`´]")
NO_WORD = re.compile(r"[\W_]+")
STRETCHED = re.compile(r"([a-z])\1{2,}")  # "soooo"
LAUGHTER = re.compile("[ㅋㅎㅠㅜㅡ]+")  # laughter and tears, which are written between words
HARMLESS = (
    "",
    "hello",
    "good morning",
    "what can you do",
    "안녕하세요",
    "오늘 뭐 해",
    "x",
)  # no pattern may match these


class CategoryJson(TypedDict):
    """A category of guard.json.

    Attributes:
        name: Name of the category.
        replies: The reply, by language.
        patterns: Regular expressions, by language. A folded text belongs to the category if one of them matches.
        unless: Regular expressions, by language. Their matches are replaced by a space, one expression after
            the other, before patterns are tried.
        examples: Texts of the category, for testing a port.
        literals: An index that only saves time. For "patterns" or "unless" and each language it maps strings to the
            positions of regular expressions; an expression can only match a text that contains one of its strings.
        classified: Whether the classifier of a language, if there is one, decides together with the patterns.
    """

    name: str
    replies: Annotated[dict[str, str], Items(1)]
    patterns: dict[str, list[str]]
    unless: dict[str, list[str]]
    examples: list[str]
    literals: NotRequired[dict[str, dict[str, dict[str, list[int]]]]]
    classified: NotRequired[bool]


class GuardJson(TypedDict):
    """The content of guard.json.

    Attributes:
        categories: Categories, highest priority first.
        words: By language, what replaces a placeholder such as "<pet>" in "patterns" and "unless": for "pet" an
            expression such as "(?:cat|dog)".
        classifiers: Classifiers by language; they decide about the categories with `classified`.
    """

    categories: Annotated[list[CategoryJson], Items(1)]
    words: NotRequired[dict[str, dict[str, str]]]
    classifiers: NotRequired[dict[str, ClassifierJson]]


def without_placeholders(guard: GuardJson) -> list[CategoryJson]:
    """Return the categories of guard.json with the placeholders of their expressions replaced.

    Raises:
        UserError: If all expressions together become too long.
    """
    words = guard.get("words", {})
    length = sum(
        replaced_length(one, words.get(language, {}))
        for category in guard["categories"]
        for expressions in (category["patterns"], category["unless"])
        for language, some in expressions.items()
        for one in some
    )
    if length > MOST_CHARACTERS:
        raise UserError(f"{FILE}: the expressions must have at most {MOST_CHARACTERS:,} characters, got {length:,}")

    def all_replaced(expressions: Mapping[str, Sequence[str]]) -> dict[str, list[str]]:
        return {
            language: [replaced(one, words.get(language, {})) for one in some] for language, some in expressions.items()
        }

    return [
        {**category, "patterns": all_replaced(category["patterns"]), "unless": all_replaced(category["unless"])}
        for category in guard["categories"]
    ]


class Guarded(NamedTuple):
    """The answer of a guard: the category of the text, and a reply in the language of the text."""

    category: str
    reply: str


def fold(text: str, language: str) -> str:
    """Fold a text for the patterns of a language: lower case, no punctuation, single spaces around each word.

    Korean is folded without spaces.
    """
    text = unicodedata.normalize("NFC", INVISIBLE.sub("", text)).lower()
    text = STRETCHED.sub(r"\1", APOSTROPHE.sub("", text))
    words = NO_WORD.sub(" ", LAUGHTER.sub(" ", text)).split()
    return "".join(words) if language in COMPACT else f" {' '.join(words)} "


def pattern_mistake(pattern: str, language: str) -> str | None:
    """Explain why a pattern cannot be used for a language; None if it can."""
    if mistake := syntax_mistake(pattern):
        return mistake
    found = next((text for text in HARMLESS if re.search(pattern, fold(text, language))), None)
    return None if found is None else f"matches everything, or at least {found!r}"


@dataclass(frozen=True)
class Category:
    """A kind of message and its replies. Fields are those of `CategoryJson`."""

    name: str
    replies: Mapping[str, str]
    patterns: Mapping[str, Sequence[str]]
    unless: Mapping[str, Sequence[str]]
    examples: Sequence[str] = ()
    literals: Mapping[str, Mapping[str, Mapping[str, Sequence[int]]]] = field(default_factory=dict)
    classified: bool = False

    def reply(self, language: str) -> str:
        """The reply in a language, or the first one."""
        return self.replies.get(language, next(iter(self.replies.values())))

    def found(self, language: str, text: str) -> bool:
        """Whether one of the patterns matches a text that is folded for a language."""
        if language not in self.patterns:
            return False
        if language in self.unless:
            text = self.expressions["unless"][language].remove(text)
        return self.expressions["patterns"][language].search(text)

    @cached_property
    def expressions(self) -> dict[str, dict[str, Expressions]]:
        """The regular expressions: "patterns" and "unless", each by language."""
        return {
            kind: {
                language: Expressions(some, self.literals.get(kind, {}).get(language))
                for language, some in patterns.items()
            }
            for kind, patterns in (("patterns", self.patterns), ("unless", self.unless))
        }


class Guard:
    """Answers messages that the model must not answer.

    Args:
        categories: Categories, highest priority first.
        classifiers: Classifiers by language.

    Raises:
        UserError: If categories have no name, the same name or an empty reply, or if those of a classifier are not
            exactly the ones with `classified`.
    """

    def __init__(self, categories: Sequence[Category], classifiers: Mapping[str, Classifier] | None = None):
        self.categories, self.classifiers = categories, classifiers or {}
        self.languages = sorted({*self.classifiers, *(language for one in categories for language in one.patterns)})
        if len({category.name for category in categories} - {""}) < len(categories):
            raise UserError(f"{FILE}: each category must have a name of its own")
        if not all(reply for category in categories for reply in category.replies.values()):
            raise UserError(f"{FILE}: a reply must not be empty")
        classified = {category.name for category in categories if category.classified}
        for language, classifier in self.classifiers.items():
            if classifier.categories.keys() != classified:
                raise UserError(
                    f"{FILE}: classifiers.{language} must have the categories {sorted(classified)}, got "
                    f"{sorted(classifier.categories)}"
                )

    @classmethod
    def open(cls, path: Path) -> "Guard":
        """Read guard.json. Patterns are compiled on demand.

        Raises:
            UserError: If the file is damaged.
        """
        return cls.of_values(read_json(path, GuardJson, "not a guard"))

    @classmethod
    def of_values(cls, values: GuardJson) -> "Guard":
        """Build the guard from JSON values that are valid."""
        classifiers = {language: Classifier(some) for language, some in values.get("classifiers", {}).items()}
        return cls([Category(**entry) for entry in without_placeholders(values)], classifiers)

    def verify(self) -> None:
        """Check all patterns and examples.

        Raises:
            UserError: Names the first mistake, if there is one.
        """
        if found := next(self._mistakes(), None):
            raise UserError(f"{FILE}: {found}")

    def _mistakes(self) -> Iterator[str]:
        for category in self.categories:
            found = [
                (pattern, pattern_mistake(pattern, language))
                for language, patterns in category.patterns.items()
                for pattern in patterns
            ]
            found += [(pattern, syntax_mistake(pattern)) for some in category.unless.values() for pattern in some]
            yield from (f"category {category.name!r}: {one!r}: {mistake}" for one, mistake in found if mistake)
            for text in category.examples:
                if (answer := self.check(text)) is None or answer.category != category.name:
                    yield f"category {category.name!r}: its example {text!r} is not recognised"

    def check(self, text: str) -> Guarded | None:
        """Return the answer to a text; None if the model may answer it."""
        text = text[:MAX_CHARACTERS]
        folded = {
            language: fold(text, language)
            for language in self.languages
            if language not in LETTERS or LETTERS[language].search(text)
        }
        if (found := self._category(folded)) is None:
            return None
        language = next((language for language, letters in LETTERS.items() if letters.search(text)), "en")
        return Guarded(found.name, found.reply(language))

    def _category(self, folded: Mapping[str, str]) -> Category | None:
        """The category of a text, given folded for each language; None if it has no category."""
        for category in self.categories:
            unsure = self.classifiers if category.classified else {}
            if any(category.found(language, text) for language, text in folded.items() if language not in unsure):
                return category
        return next(filter(None, (self._classified(language, folded[language]) for language in folded)), None)

    def _classified(self, language: str, text: str) -> Category | None:
        """The category by the classifier of a language together with the patterns; None if there is none."""
        if (classifier := self.classifiers.get(language)) is None:
            return None
        classified = [category for category in self.categories if category.classified]
        hit = next((category for category in classified if category.found(language, text)), None)
        if not classifier.is_distress(text, hit is not None):
            return None
        if hit is None:
            name = classifier.category(text)
            hit = next(category for category in classified if category.name == name)
        return hit
