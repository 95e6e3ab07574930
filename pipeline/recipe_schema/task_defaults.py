"""Defaults of a recipe's keys that depend on its task."""

from typing import Any

from seq2edge.device.tasks import TASKS


def with_task_defaults(values: Any) -> Any:
    """The values of a recipe before they are validated, with what its task implies: a task in which white space
    carries meaning keeps targets as they are."""
    if not isinstance(values, dict):
        return values
    name, data = values.get("task"), values.get("data")
    if isinstance(name, str) and name in TASKS and TASKS[name].multiline and isinstance(data, dict):
        return {**values, "data": {"target_normalisation": "none", **data}}
    return values
