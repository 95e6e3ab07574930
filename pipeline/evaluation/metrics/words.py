"""Words of any script, for metrics that compare words."""

import re
from collections.abc import Callable, Sequence

from seq2edge.pipeline.evaluation.examples import Example

WORD = re.compile(r"[^\W_]+")
UNSPACED = re.compile(r"[\u3040-\u30ff\u3400-\u9fff\uf900-\ufaff]")  # kana and Han: each character is a word


def words(text: str) -> list[str]:
    """Lower-case words: runs of letters and digits, and single characters of kana and Han.

    For English text these are the words of rouge-score.
    """
    return WORD.findall(UNSPACED.sub(r" \g<0> ", text.lower()))


def best_reference_mean(
    hypotheses: Sequence[str], expected: Sequence[Example], score: Callable[[list[str], list[str]], float]
) -> float:
    """Mean over sentences in percent; a sentence with several references takes its best score.

    Args:
        score: Takes the words of the hypothesis and of one reference, and returns a share from 0 to 1.
    """
    shares = [
        max(score(words(hypothesis), words(reference)) for reference in example.references)
        for hypothesis, example in zip(hypotheses, expected, strict=True)
    ]
    return 100 * sum(shares) / len(shares)
