"""Guesses the task of pairs from their scripts, languages and lengths."""

from collections import Counter
from collections.abc import Sequence

from seq2edge.pipeline.data.readers import Pair

SPACED = ("Latin", "Cyrillic", "Arabic", "Devanagari", "Greek", "Hebrew", "Armenian", "Georgian")  # words have spaces
# Smallest share of common words if both sides are in one language. It is 0.3 for English questions and answers, 0.1 for
# English and shell commands, and at most 0.07 for German, French or Vietnamese and English.
COMMON_WORDS = 0.08
FEWEST_WORDS = 60  # smallest number of words of each side for this comparison
LONGER = 3  # sources are at least this many times as long as their summaries


def are_two_languages(pairs: Sequence[Pair], script: str) -> bool:
    """Return whether the sides have very few words in common, although they are in the same script."""
    if script not in SPACED:
        return False
    source, target = (_words([getattr(pair, side) for pair in pairs]) for side in ("source", "target"))
    if min(source.total(), target.total()) < FEWEST_WORDS:
        return False
    common = sum(min(count / source.total(), target[word] / target.total()) for word, count in source.items())
    return common < COMMON_WORDS


def guess_task(pairs: Sequence[Pair], scripts: tuple[str, str], medians: tuple[int, int], parallel: bool) -> str:
    """Guess the name of the task.

    Args:
        pairs: A sample of the pairs.
        scripts, medians: Scripts and median lengths, in characters, of source and target.
        parallel: Whether the sides are known to be in two languages, or are in two files.
    """
    if parallel or scripts[0] != scripts[1] or are_two_languages(pairs, scripts[0]):
        return "translation"
    return "summarisation" if medians[0] > LONGER * medians[1] else "chat"


def _words(texts: Sequence[str]) -> Counter[str]:
    return Counter(word for text in texts for part in text.casefold().split() if (word := part.strip(".,;:?!\"'()¿¡…")))
