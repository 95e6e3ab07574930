import pytest

from seq2edge.device.tasks import TASKS
from seq2edge.pipeline.evaluation.examples import Example
from seq2edge.pipeline.evaluation.metrics.registry import (
    METRICS,
    MODULES,
    basic_metrics,
    task_scores,
)


@pytest.mark.parametrize("task", TASKS)
def test_main_metrics_score_an_empty_hypothesis_with_0(task):
    assert task_scores(task, [""], [Example("a", ("b c",))])[TASKS[task].main_metric] == 0


def test_keys_and_labels_are_unique():
    metrics = [metric for module in MODULES for metric in module.METRICS]
    assert len(METRICS) == len({metric.label for metric in metrics}) == len(metrics)


def test_every_metric_belongs_to_a_task():
    assert {key for task in TASKS.values() for key in task.metrics} == set(METRICS)
    assert all(set(basic_metrics(task.name)) <= set(task.metrics) for task in TASKS.values())


def test_the_first_metric_is_the_main_one():
    assert {task.name: task.main_metric for task in TASKS.values()} == {
        "chat": "exact_match",
        "translation": "bleu",
        "summarisation": "bleu",
        "commands": "bleu",
        "code": "identical",
        "classification": "accuracy",
    }
