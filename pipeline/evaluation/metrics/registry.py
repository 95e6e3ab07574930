"""All metrics, and which of them a task is scored with.

A new metric is a module with a tuple `METRICS`, added to `MODULES`, and its key in `TASK_METRICS`.
"""

from collections.abc import Sequence
from typing import Any

from seq2edge.pipeline.evaluation.examples import Example
from seq2edge.pipeline.evaluation.metrics import diversity, error_rates, length, matches, rouge, sacrebleu_scores
from seq2edge.pipeline.evaluation.metrics.metric import Metric
from seq2edge.pipeline.evaluation.metrics.sacrebleu_scores import sacrebleu_metrics

MODULES = (sacrebleu_scores, rouge, matches, error_rates, diversity, length)
METRICS: dict[str, Metric] = {metric.key: metric for module in MODULES for metric in module.METRICS}

# In the order of the tables. The first one is the task's main score, by which its models are compared.
TASK_METRICS: dict[str, tuple[str, ...]] = {
    "chat": ("exact_match", "bleu", "chrf", "word_f1", "distinct_1", "distinct_2", "repeated", "length_ratio"),
    "translation": ("bleu", "bleu_lc", "chrf", "ter", "exact_match", "word_accuracy", "wer", "cer", "length_ratio"),
    "summarisation": ("bleu", "chrf", "rouge1", "rouge2", "rougeL", "exact_match", "word_f1", "length_ratio"),
    "commands": ("bleu", "chrf", "exact_match", "word_accuracy", "word_f1", "wer", "cer", "length_ratio"),
}
BASIC_METRICS = ("bleu", "chrf", "exact_match")  # those of every task, which training and export compute


def task_metrics(task: str) -> list[Metric]:
    """The metrics of a task, its main score first."""
    return [METRICS[key] for key in TASK_METRICS[task]]


def main_score(task: str) -> str:
    """The key of the score by which models of a task are compared."""
    return TASK_METRICS[task][0]


def task_scores(task: str, hypotheses: Sequence[str], expected: Sequence[Example]) -> dict[str, float]:
    """All metrics of a task by key, rounded to two decimals."""
    return _scores(TASK_METRICS[task], hypotheses, expected)


def basic_scores(hypotheses: Sequence[str], expected: Sequence[Example]) -> dict[str, Any]:
    """BLEU, chrF++ and exact match, with the number of sentences and sacrebleu's signatures."""
    scores = _scores(BASIC_METRICS, hypotheses, expected)
    return {"sentences": len(expected), **scores, "signatures": _signatures(BASIC_METRICS)}


def signatures(task: str) -> list[str]:
    """sacrebleu's signatures of a task's scores. The scores must have been computed before."""
    return _signatures(TASK_METRICS[task])


def _scores(keys: Sequence[str], hypotheses: Sequence[str], expected: Sequence[Example]) -> dict[str, float]:
    return {key: round(METRICS[key].score(hypotheses, expected), 2) for key in keys}


def _signatures(keys: Sequence[str]) -> list[str]:
    known = sacrebleu_metrics()
    return [str(known[key].get_signature()) for key in keys if key in known]
