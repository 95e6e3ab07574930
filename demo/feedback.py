"""Ratings of replies as JSON Lines. A recipe can use the file as data, after a person has reviewed it."""

import json
import os
from pathlib import Path
from typing import Any

from seq2edge.device.errors import UserError

try:
    import fcntl
except ImportError:  # on Windows only one process may write to a file
    fcntl = None  # type: ignore[assignment]

MOST_BYTES = 10_000_000


class FullError(Exception):
    """The file has no room for another line."""


class FeedbackFile:
    """A file of ratings. Any number of threads and processes can append to it.

    A line has the fields source and target, which `seq2edge prepare` reads. For a disliked reply the target is empty,
    and `rejected` has the reply, so that a bad reply is never learned by mistake. The visitor's identity is not stored.

    Args:
        path: The file. It is created if it is missing.

    Raises:
        UserError: If the file cannot be written.
    """

    def __init__(self, path: Path, most_bytes: int = MOST_BYTES):
        self.path, self.most_bytes = path, most_bytes
        try:
            path.touch(mode=0o600)
            with path.open("ab"):
                pass
        except OSError as error:
            raise UserError(f"--feedback: {path} cannot be written: {error.strerror}") from None

    def add(self, source: str, reply: str, is_liked: bool, bundle: str) -> None:
        """Append a rating.

        Raises:
            FullError: If the file would exceed its size limit.
            OSError: If the file cannot be written.
        """
        entry: dict[str, Any] = {"source": source, "target": reply if is_liked else ""}
        entry |= {"rating": "like" if is_liked else "dislike", "bundle": bundle}
        if not is_liked:
            entry["rejected"] = reply
        line = (json.dumps(entry, ensure_ascii=False) + "\n").encode("utf-8", "replace")
        with self.path.open("ab") as file:
            if fcntl:
                fcntl.flock(file, fcntl.LOCK_EX)  # released when the file is closed
            if file.seek(0, os.SEEK_END) + len(line) > self.most_bytes:
                raise FullError
            file.write(line)
            file.flush()
            os.fsync(file.fileno())
