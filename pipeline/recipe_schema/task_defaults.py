"""Defaults of a recipe's keys that depend on its task."""

from typing import Any

from seq2edge.device.tasks import TASKS


def with_task_defaults(values: Any) -> Any:
    """Add the defaults of a recipe's task to its values, before they are validated.

    If white space carries meaning in the targets of a task, they are not normalised.
    """
    if not isinstance(values, dict):
        return values
    name, data = values.get("task"), values.get("data")
    if isinstance(name, str) and name in TASKS and TASKS[name].multiline and isinstance(data, dict):
        return {**values, "data": {"target_normalisation": "none", **data}}
    return values
