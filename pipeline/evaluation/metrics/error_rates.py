"""Word and character error rates, computed by jiwer."""

from collections.abc import Sequence

from seq2edge.pipeline.evaluation.examples import Example
from seq2edge.pipeline.evaluation.metrics.metric import Metric, Score


def _error_rate(kind: str) -> Score:
    """Return a metric: the edits in all sentences, in percent of the references' length.

    Of several references, the one with the lowest error rate counts. Empty references are left out.

    Args:
        kind: "wer" or "cer".
    """

    def score(hypotheses: Sequence[str], expected: Sequence[Example]) -> float:
        import jiwer

        process = jiwer.process_words if kind == "wer" else jiwer.process_characters
        edits = length = 0
        for hypothesis, example in zip(hypotheses, expected, strict=True):
            outputs = [process(reference, hypothesis) for reference in example.references if reference.strip()]
            if not outputs:
                continue
            best = min(outputs, key=lambda output: getattr(output, kind))
            edits += best.substitutions + best.deletions + best.insertions
            length += best.substitutions + best.deletions + best.hits
        return 100 * edits / max(length, 1)

    return score


METRICS = (
    Metric("wer", "WER %", _error_rate("wer"), higher_is_better=False),
    Metric("cer", "CER %", _error_rate("cer"), higher_is_better=False),
)
