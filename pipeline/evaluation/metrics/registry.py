"""All metrics. `device/tasks.py` lists the metrics of each task.

To add a metric, write a module with a tuple `METRICS`, add it to `MODULES`, and add the key to the tasks that use it.
"""

from collections.abc import Sequence
from typing import Any

from seq2edge.device.tasks import TASKS, Target
from seq2edge.pipeline.evaluation.examples import Example
from seq2edge.pipeline.evaluation.metrics import (
    copied,
    diversity,
    error_rates,
    identical,
    labels,
    length,
    matches,
    rouge,
    sacrebleu_scores,
)
from seq2edge.pipeline.evaluation.metrics.metric import Metric
from seq2edge.pipeline.evaluation.metrics.sacrebleu_scores import sacrebleu_metrics

MODULES = (sacrebleu_scores, rouge, matches, identical, error_rates, copied, diversity, length, labels)
METRICS: dict[str, Metric] = {metric.key: metric for module in MODULES for metric in module.METRICS}

BASIC_METRICS: dict[Target, tuple[str, ...]] = {  # by the kind of a task's targets
    "text": ("bleu", "chrf", "exact_match"),
    "label": ("accuracy", "macro_f1"),
}


def basic_metrics(task: str) -> tuple[str, ...]:
    """Return the keys of the metrics that training and export compute."""
    return BASIC_METRICS[TASKS[task].target]


def task_metrics(task: str) -> list[Metric]:
    """Return the metrics of a task, the main one first."""
    return [METRICS[key] for key in TASKS[task].metrics]


def task_scores(task: str, hypotheses: Sequence[str], expected: Sequence[Example]) -> dict[str, float]:
    """Return the scores of all metrics of a task by key, rounded to two decimals."""
    return _scores(TASKS[task].metrics, hypotheses, expected)


def basic_scores(task: str, hypotheses: Sequence[str], expected: Sequence[Example]) -> dict[str, Any]:
    """Return the scores of a task's basic metrics and main metric by key.

    The number of sentences and sacrebleu's signatures are included.
    """
    keys = tuple(dict.fromkeys((*basic_metrics(task), TASKS[task].main_metric)))
    return {"sentences": len(expected), **_scores(keys, hypotheses, expected), "signatures": _signatures(keys)}


def signatures(task: str) -> list[str]:
    """Return sacrebleu's signatures of a task's scores. The scores must have been computed before."""
    return _signatures(TASKS[task].metrics)


def _scores(keys: Sequence[str], hypotheses: Sequence[str], expected: Sequence[Example]) -> dict[str, float]:
    return {key: round(METRICS[key].score(hypotheses, expected), 2) for key in keys}


def _signatures(keys: Sequence[str]) -> list[str]:
    known = sacrebleu_metrics()
    return [str(known[key].get_signature()) for key in keys if key in known]
