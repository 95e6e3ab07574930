"""The tasks that a model can be trained for."""

import typing
from typing import Literal

TaskName = Literal["chat", "translation", "summarisation", "commands"]
TASKS: tuple[TaskName, ...] = typing.get_args(TaskName)
