"""Answers texts with a bundle, without TensorFlow.

Example:
    >>> import seq2edge
    >>> bot = seq2edge.load()
    >>> bot("good morning").text
    'Good morning! I hope your day starts well.'

Attributes:
    Conversation: Answers messages that may refer to the reply before.
    Inspection: What `Runner.inspect` returns: an answer, and what the model did to find it.
    load: Loads a bundle; without a path the one that is installed with seq2edge. See `load_runner`.
    Runner: What `load` returns.
    __version__: Of this installation.
"""

__all__ = ["Conversation", "Inspection", "Runner", "__version__", "load"]

TYPE_CHECKING = False  # as type checkers understand it; to import it from typing takes most of the time

if TYPE_CHECKING:
    from seq2edge.device.conversation import Conversation
    from seq2edge.device.inspection import Inspection
    from seq2edge.device.runners.interface import Runner
    from seq2edge.device.runners.load import load_runner as load

    __version__: str
else:

    def __getattr__(name: str) -> object:
        """A public name, imported when it is used (PEP 562): numpy and the runtime take a while."""
        if name == "load":
            from seq2edge.device.runners.load import load_runner

            return load_runner
        if name == "Conversation":
            from seq2edge.device.conversation import Conversation

            return Conversation
        if name == "Inspection":
            from seq2edge.device.inspection import Inspection

            return Inspection
        if name == "Runner":
            from seq2edge.device.runners.interface import Runner

            return Runner
        if name == "__version__":
            from importlib.metadata import version

            return version("seq2edge")
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def __dir__() -> list[str]:
    return __all__
