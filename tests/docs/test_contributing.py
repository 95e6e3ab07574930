"""The metric in CONTRIBUTING.md: its file and its test work as printed."""

import dataclasses
import re
from pathlib import Path

from seq2edge.device.tasks import TASKS
from seq2edge.pipeline.evaluation.metrics.registry import METRICS

PAGE = Path(__file__).parents[2] / "CONTRIBUTING.md"


def test_the_example_of_a_metric_works(monkeypatch):
    module, test = re.findall(r"```python\n(.*?)```", PAGE.read_text(encoding="utf-8"), re.DOTALL)
    names = {}
    exec(compile(module, "empty.py", "exec"), names)
    (metric,) = names["METRICS"]
    task = TASKS["summarisation"]
    monkeypatch.setitem(METRICS, metric.key, metric)
    monkeypatch.setitem(TASKS, task.name, dataclasses.replace(task, metrics=(*task.metrics, metric.key)))
    exec(compile(test, "test_empty.py", "exec"), names)
    names["test_white_space_is_empty"]()
