"""BLEU, chrF++ and TER, computed by sacrebleu."""

from collections.abc import Sequence
from functools import cache
from typing import Any

from seq2edge.pipeline.evaluation.examples import Example
from seq2edge.pipeline.evaluation.metrics.metric import Metric, Score


@cache
def sacrebleu_metrics() -> dict[str, Any]:
    """Return sacrebleu's metric objects by key. An object has a signature after it has scored a corpus."""
    from sacrebleu.metrics import BLEU, CHRF, TER

    return {"bleu": BLEU(), "bleu_lc": BLEU(lowercase=True), "chrf": CHRF(word_order=2), "ter": TER()}


def reference_streams(expected: Sequence[Example]) -> list[list[str | None]]:
    """Return references in sacrebleu's layout: the first reference of each example, then the second, and so on.

    An example with fewer references than others has None in the last streams.
    """
    streams = max(len(example.references) for example in expected)
    return [
        [example.references[i] if i < len(example.references) else None for example in expected] for i in range(streams)
    ]


def sentence_chrf(hypotheses: Sequence[str], expected: Sequence[Example]) -> list[float]:
    """chrF++ of each sentence, 0 to 100."""
    metric = sacrebleu_metrics()["chrf"]
    return [
        metric.sentence_score(hypothesis, list(example.references)).score
        for hypothesis, example in zip(hypotheses, expected, strict=True)
    ]


def _corpus_score(key: str) -> Score:
    def score(hypotheses: Sequence[str], expected: Sequence[Example]) -> float:
        return sacrebleu_metrics()[key].corpus_score(hypotheses, reference_streams(expected)).score

    return score


METRICS = (
    Metric("bleu", "BLEU", _corpus_score("bleu")),
    Metric("bleu_lc", "BLEU lower case", _corpus_score("bleu_lc")),
    Metric("chrf", "chrF++", _corpus_score("chrf")),
    Metric("ter", "TER", _corpus_score("ter"), higher_is_better=False),
)
