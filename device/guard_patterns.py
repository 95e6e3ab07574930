"""Regular expressions of a guard: placeholders in them, mistakes in their syntax, and their compilation on demand."""

import re
from collections.abc import Mapping, Sequence

from seq2edge.device.errors import UserError

INVALID = (re.error, ValueError, OverflowError, RecursionError)  # of an expression that `re` cannot compile
WORDS = re.compile(r"<(\w+)>")  # a placeholder in a pattern
# Syntax that patterns must not use, so that they mean the same in RE2, JavaScript and Java. Folded text has only
# letters, digits and spaces, so nothing needs a backslash.
NOT_PORTABLE = re.compile(r"\(\?(?!:)|\\|[*+?}]\+|\{,|\{(\d*,)?\d{4}")


def replaced(expression: str, words: Mapping[str, str]) -> str:
    """Replace the placeholders of an expression by words."""
    return WORDS.sub(lambda found: words.get(found[1], found[0]), expression)


def replaced_length(expression: str, words: Mapping[str, str]) -> int:
    """Upper bound of the length of an expression whose placeholders are replaced."""
    return len(expression) + sum(len(words.get(found[1], "")) for found in WORDS.finditer(expression))


def syntax_mistake(pattern: str) -> str | None:
    """Explain why a regular expression cannot be used; None if it can."""
    if NOT_PORTABLE.search(pattern):
        return (
            "lookaround, flags, possessive quantifiers, backslashes and repetitions above 999 or without a minimum do "
            "not work everywhere"
        )
    try:
        matches_all = re.search(pattern, "")
    except INVALID as error:
        return f"not a valid pattern: {str(error)!r}"
    return "matches everything, or at least ''" if matches_all else None


class Expressions:
    """Regular expressions that are compiled on demand, because compiling all of them takes a second.

    Args:
        patterns: The regular expressions.
        literals: For each string the positions of the patterns that can only match a text with this string (or with
            another of their strings); None: every pattern is tried on every text.

    Raises:
        UserError: If `literals` does not cover all patterns, or has positions without a pattern.
    """

    def __init__(self, patterns: Sequence[str], literals: Mapping[str, Sequence[int]] | None = None):
        self.patterns = patterns
        self.literals = {"": range(len(patterns))} if literals is None else literals
        if {position for some in self.literals.values() for position in some} != {*range(len(patterns))}:
            raise UserError(f"guard.json: the positions in literals are not those of the {len(patterns)} patterns")
        self._compiled: dict[int, re.Pattern[str]] = {}

    def search(self, text: str) -> bool:
        """Whether one of the patterns matches somewhere in a text."""
        return any(self._pattern(position).search(text) for position in self._fitting(text))

    def remove(self, text: str) -> str:
        """Replace the matches of each pattern in turn with a space."""
        position = -1
        while (position := next((one for one in self._fitting(text) if one > position), -1)) >= 0:
            text = self._pattern(position).sub(" ", text)
        return text

    def _fitting(self, text: str) -> list[int]:
        """Positions of the patterns that may match a text, ascending."""
        return sorted({one for literal, some in self.literals.items() if literal in text for one in some})

    def _pattern(self, position: int) -> re.Pattern[str]:
        if position not in self._compiled:
            try:
                self._compiled[position] = re.compile(self.patterns[position])
            except INVALID as error:
                raise UserError(f"guard.json: not a valid pattern: {str(error)!r}") from None
        return self._compiled[position]
