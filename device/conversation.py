"""A conversation that remembers the last turn."""

from typing import Any

from seq2edge.device.inspection import Inspection
from seq2edge.device.result import Result
from seq2edge.device.runners.interface import Runner
from seq2edge.device.turns import with_previous


class Conversation:
    """Answers messages that may refer to the previous reply, such as "another one" and "why?".

    If the bundle has no memory, each message is answered on its own.

    Args:
        runner: Answers the messages.
        previous: The reply that the first message may refer to; empty: none.

    Example:
        >>> import seq2edge
        >>> chat = seq2edge.Conversation(seq2edge.load())
        >>> chat("tell me a joke").text
        'Why was the decoder calm? It paid attention.'
        >>> chat("another one").text
        'What do you call a fake noodle? An impasta.'

    Attributes:
        previous: The reply that the next message may refer to.
    """

    def __init__(self, runner: Runner[Any], previous: str = ""):
        self.runner, self.previous = runner, previous

    def __call__(self, message: str, **options: Any) -> Result:
        """Answer a message. Options and errors are those of `Runner.run`."""
        result = self.runner.run(self.source(message), **options)
        self.previous = result.previous
        return result

    def inspect(self, message: str, **options: Any) -> Inspection:
        """Answer a message and record how the model found the answer, as `Runner.inspect` does."""
        inspection = self.runner.inspect(self.source(message), **options)
        self.previous = inspection.result.previous
        return inspection

    def source(self, message: str) -> str:
        """The source that the runner receives for a message."""
        return with_previous(message, self.previous) if self.runner.has_memory else message
