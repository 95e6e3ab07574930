"""Keeps the notes of native libraries, such as LiteRT and TensorFlow, off standard error."""

import contextlib
import os
import re
import threading
from collections.abc import Iterator

# What LiteRT, absl on behalf of TensorFlow, and SentencePiece write that is neither a warning nor an error.
NOTE = re.compile(
    rb"(INFO: |I\d{4} |WARNING: All log messages before absl::InitializeLog\(\) |\w+\.cc\(\d+\) LOG\(INFO\) ).*\n?"
)
STANDARD_ERROR = 2
CHUNK = 1 << 16
_lock = threading.Lock()  # standard error belongs to the whole process


def notes_wanted() -> bool:
    """Whether the user has asked for all that the libraries say."""
    return os.environ.get("TF_CPP_MIN_LOG_LEVEL") == "0"


@contextlib.contextmanager
def without_notes() -> Iterator[None]:
    """Collect what is written to standard error meanwhile, and then write all of it but the notes.

    The libraries write from C++ and have no setting that prevents it. A program without standard error, and a user who
    sets TF_CPP_MIN_LOG_LEVEL=0, are left alone.
    """
    with _lock:
        try:
            kept = None if notes_wanted() else os.dup(STANDARD_ERROR)
        except OSError:
            kept = None
        if kept is None:
            yield
            return
        reader, writer = os.pipe()
        os.set_blocking(reader, False)
        os.set_blocking(writer, False)  # what exceeds the pipe's capacity is lost rather than waited for
        os.dup2(writer, STANDARD_ERROR)
        os.close(writer)
        try:
            yield
        finally:
            os.dup2(kept, STANDARD_ERROR)
            os.close(kept)
            _write_errors(_read_all(reader))


def _read_all(reader: int) -> bytes:
    """All that a pipe holds; closes it."""
    found = []
    with contextlib.suppress(BlockingIOError), os.fdopen(reader, "rb", buffering=0) as pipe:
        while chunk := pipe.read(CHUNK):
            found.append(chunk)
    return b"".join(found)


def _write_errors(content: bytes) -> None:
    if errors := b"".join(line for line in content.splitlines(keepends=True) if not NOTE.fullmatch(line)):
        os.write(STANDARD_ERROR, errors)
