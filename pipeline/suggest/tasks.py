"""Guesses the task of pairs from their scripts, languages and lengths."""

from collections import Counter
from collections.abc import Sequence

from seq2edge.pipeline.data.readers import Pair

SPACED = ("Latin", "Cyrillic", "Arabic", "Devanagari", "Greek", "Hebrew", "Armenian", "Georgian")  # words have spaces
# Of the words of two sides that are in one language at least this share is common: 0.3 of English questions and
# answers, 0.1 of English and shell commands, at most 0.07 of German, French or Vietnamese beside English.
COMMON_WORDS = 0.08
FEWEST_WORDS = 60  # of each side, below which words tell nothing
LONGER = 3  # times, that sources are longer than their summaries


def are_two_languages(pairs: Sequence[Pair], script: str) -> bool:
    """Whether the sides have hardly a word in common, though they are in the same script."""
    if script not in SPACED:
        return False
    source, target = (_words([getattr(pair, side) for pair in pairs]) for side in ("source", "target"))
    if min(source.total(), target.total()) < FEWEST_WORDS:
        return False
    common = sum(min(count / source.total(), target[word] / target.total()) for word, count in source.items())
    return common < COMMON_WORDS


def guess_task(pairs: Sequence[Pair], scripts: tuple[str, str], medians: tuple[int, int], parallel: bool) -> str:
    """The name of the task.

    Args:
        scripts, medians: Of source and target; median lengths in characters.
        parallel: The sides are known to be in two languages, or in two files.
    """
    if parallel or scripts[0] != scripts[1] or are_two_languages(pairs, scripts[0]):
        return "translation"
    return "summarisation" if medians[0] > LONGER * medians[1] else "chat"


def _words(texts: Sequence[str]) -> Counter[str]:
    return Counter(word for text in texts for part in text.casefold().split() if (word := part.strip(".,;:?!\"'()¿¡…")))
