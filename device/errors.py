"""What a user is told."""


class UserError(Exception):
    """Something the user can put right. Its text is shown as it is, without a traceback, and the exit status is 2."""


class TextError(UserError):
    """A text that has no answer, where others sent beside it may have one."""
