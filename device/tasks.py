"""The tasks that a model can be trained for."""

import typing
from typing import Literal

TaskName = Literal["chat", "translation", "summarisation", "commands"]
TASKS: tuple[TaskName, ...] = typing.get_args(TaskName)


def is_conversation(task: str) -> bool:
    """Whether texts are turns of a conversation.

    A turn is one text even if it has several lines, a prompt remembers the replies it gave, and the demo shows a chat.
    """
    return task == "chat"
