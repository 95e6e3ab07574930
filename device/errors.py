"""Errors whose message is meant for the user."""


class UserError(Exception):
    """A mistake that the user can correct. The message is shown without a traceback, and the exit status is 2."""


class CheckError(UserError):
    """A check that failed, as of a bundle or of a training that diverges. The exit status is 1."""


class Terminated(KeyboardInterrupt):
    """SIGTERM has asked this process to end."""


class TextError(UserError):
    """A text that cannot be answered, though others of the same request may be."""
