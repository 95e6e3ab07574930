"""Splits texts of any script into words, for metrics that compare words."""

import re
from collections.abc import Callable, Sequence

from seq2edge.pipeline.evaluation.examples import Example

WORD = re.compile(r"[^\W_]+")
UNSPACED = re.compile(r"[\u3040-\u30ff\u3400-\u9fff\uf900-\ufaff]")  # kana and Han: each character is a word


def words(text: str) -> list[str]:
    """Return lower-case words: runs of letters and digits, and single characters of kana and Han.

    For English text these are the words of rouge-score.
    """
    return WORD.findall(UNSPACED.sub(r" \g<0> ", text.lower()))


def best_reference_mean(
    hypotheses: Sequence[str], expected: Sequence[Example], score: Callable[[list[str], list[str]], float]
) -> float:
    """Return the mean score of the sentences in percent. Of several references, the one with the best score counts.

    Args:
        score: Given the words of a hypothesis and of one reference, returns a score from 0 to 1.
    """
    shares = [
        max(score(words(hypothesis), words(reference)) for reference in example.references)
        for hypothesis, example in zip(hypotheses, expected, strict=True)
    ]
    return 100 * sum(shares) / len(shares)
