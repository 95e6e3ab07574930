"""Errors whose message is meant for the user."""


def first_line(error: object, otherwise: str = "") -> str:
    """The first line of a message of a library, some of which have many; if it has none, `otherwise` or its type."""
    return (str(error).strip().splitlines() or [otherwise or type(error).__name__])[0]


class UserError(Exception):
    """A mistake that the user can correct. The message is shown without a traceback, and the exit status is 2."""


class CheckError(UserError):
    """A check that failed, as of a bundle or of a training that diverges. The exit status is 1."""


class Terminated(KeyboardInterrupt):
    """SIGTERM has asked this process to end."""


class TextError(UserError):
    """A text that cannot be answered, though others of the same request may be."""
