"""ROUGE for words of any script, computed by rouge-score."""

from collections.abc import Sequence

from seq2edge.pipeline.evaluation.examples import Example
from seq2edge.pipeline.evaluation.metrics.metric import Metric, Score
from seq2edge.pipeline.evaluation.metrics.words import words


class _Tokenizer:
    """`words` as a tokenizer for rouge-score, whose own tokenizer keeps only a-z and 0-9."""

    def tokenize(self, text: str) -> list[str]:
        return words(text)


def _f1(kind: str) -> Score:
    def score(hypotheses: Sequence[str], expected: Sequence[Example]) -> float:
        from rouge_score.rouge_scorer import RougeScorer

        scorer = RougeScorer([kind], tokenizer=_Tokenizer())
        values = [
            scorer.score_multi(example.references, hypothesis)[kind].fmeasure
            for hypothesis, example in zip(hypotheses, expected, strict=True)
        ]
        return 100 * sum(values) / len(values)

    return score


METRICS = (
    Metric("rouge1", "ROUGE-1", _f1("rouge1")),
    Metric("rouge2", "ROUGE-2", _f1("rouge2")),
    Metric("rougeL", "ROUGE-L", _f1("rougeL")),
)
