"""Removes the notes that native libraries, such as LiteRT and TensorFlow, write to standard error."""

import contextlib
import os
import re
import threading
from collections.abc import Iterator

# Lines of LiteRT, TensorFlow (through absl) and SentencePiece that are neither warnings nor errors.
NOTE = re.compile(
    rb"(INFO: |I\d{4} |WARNING: All log messages before absl::InitializeLog\(\) |\w+\.cc\(\d+\) LOG\(INFO\) ).*\n?"
)
STANDARD_ERROR = 2
CHUNK = 1 << 16
_lock = threading.Lock()  # standard error belongs to the whole process


def notes_wanted() -> bool:
    """Whether the user asked for the notes, by TF_CPP_MIN_LOG_LEVEL=0."""
    return os.environ.get("TF_CPP_MIN_LOG_LEVEL") == "0"


@contextlib.contextmanager
def without_notes() -> Iterator[None]:
    """Capture standard error inside the context, and on exit write everything except the notes.

    The libraries write the notes from C++ and have no setting to turn them off. Nothing is captured if the process has
    no standard error, or if the user sets TF_CPP_MIN_LOG_LEVEL=0.
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
        os.set_blocking(writer, False)  # output beyond the capacity of the pipe is lost; waiting would block forever
        os.dup2(writer, STANDARD_ERROR)
        os.close(writer)
        try:
            yield
        finally:
            os.dup2(kept, STANDARD_ERROR)
            os.close(kept)
            _write_errors(_read_all(reader))


def _read_all(reader: int) -> bytes:
    """Read everything that is in a pipe, and close the pipe."""
    found = []
    with contextlib.suppress(BlockingIOError), os.fdopen(reader, "rb", buffering=0) as pipe:
        while chunk := pipe.read(CHUNK):
            found.append(chunk)
    return b"".join(found)


def _write_errors(content: bytes) -> None:
    if errors := b"".join(line for line in content.splitlines(keepends=True) if not NOTE.fullmatch(line)):
        os.write(STANDARD_ERROR, errors)
