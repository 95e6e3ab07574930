"""Errors whose message is meant for the user."""


def first_line(error: object, otherwise: str = "") -> str:
    """The first line of an error's message; if the message is empty, `otherwise` or the name of the error's type."""
    return (str(error).strip().splitlines() or [otherwise or type(error).__name__])[0]


class UserError(Exception):
    """A mistake that the user can correct. The message is shown without a traceback, and the exit status is 2."""


class CheckError(UserError):
    """A failed check, such as an unverified bundle or a diverging training. The exit status is 1."""


class Terminated(KeyboardInterrupt):
    """The process received SIGTERM."""


class TextError(UserError):
    """A text that cannot be answered. Other texts of the same request may be."""
