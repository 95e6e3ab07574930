"""Reads user names and passwords from a file or the environment.

They are never given on the command line, which every program on the machine can read.
"""

import os
from pathlib import Path

from seq2edge.device.errors import UserError

VARIABLE = "SEQ2EDGE_AUTH"


def read_users(path: Path | None) -> dict[str, str]:
    """Return passwords by user name, from lines "USER:PASSWORD"; empty if there is neither a file nor the variable.

    Raises:
        UserError: If the file cannot be read, or a line has another format.
    """
    if path is None:
        lines, place = os.environ.get(VARIABLE, "").splitlines(), VARIABLE
    else:
        place = f"--auth: {path}"
        try:
            lines = path.read_text(encoding="utf-8").splitlines()
        except OSError as error:
            raise UserError(f"{place}: {error.strerror}") from None
        except UnicodeDecodeError:
            raise UserError(f"{place}: not a text file in UTF-8") from None
    users: dict[str, str] = {}
    for number, line in enumerate(lines, 1):
        name, colon, password = line.strip().partition(":")
        if not line.strip() or line.startswith("#"):
            continue
        if not (name and colon and password):
            raise UserError(f"{place}: line {number} must be USER:PASSWORD")
        users[name] = password
    if path is not None and not users:
        raise UserError(f"{place}: has no line USER:PASSWORD")
    return users
