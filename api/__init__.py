"""Run bundles from Python, without TensorFlow.

Example:
    >>> import seq2edge
    >>> bot = seq2edge.load()
    >>> bot("good morning").text
    'Good morning! I hope your day starts well.'

Attributes:
    Conversation: Answers messages that may refer to the previous reply.
    Inspection: An answer with a record of how the model found it, as returned by `Runner.inspect`.
    load: Loads a bundle; by default the one installed with seq2edge. See `load_runner`.
    Runner: Answers texts with a bundle, as returned by `load`.
    __version__: The installed version of seq2edge.
"""

__all__ = ["Conversation", "Inspection", "Runner", "__version__", "load"]

TYPE_CHECKING = False  # type checkers treat it as True; importing typing would take most of the import time

if TYPE_CHECKING:
    from seq2edge.device.conversation import Conversation
    from seq2edge.device.inspection import Inspection
    from seq2edge.device.runners.interface import Runner
    from seq2edge.device.runners.load import load_runner as load

    __version__: str
else:

    def __getattr__(name: str) -> object:
        """Import a public name on first use (PEP 562), because numpy and the runtime are slow to import."""
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
