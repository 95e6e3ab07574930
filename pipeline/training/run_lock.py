"""A lock on the folder of a run. Without it, two commands would overwrite each other's checkpoints or data."""

import contextlib
import fcntl
import os
import socket
from collections.abc import Iterator
from pathlib import Path

from seq2edge.device.errors import UserError

LOCK_FILE = ".lock"


@contextlib.contextmanager
def run_lock(folder: Path) -> Iterator[None]:
    """Hold the lock of a run. The system releases it when the process ends, even if it is killed.

    The file contains the process id only for messages. So a file that a dead process left behind locks nothing.

    Raises:
        UserError: If another process holds the lock. The message has its process id.
    """
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / LOCK_FILE
    file = _locked(path)
    try:
        os.ftruncate(file, 0)
        os.pwrite(file, f"{os.getpid()} {socket.gethostname()}".encode(), 0)
        yield
    finally:
        path.unlink(missing_ok=True)
        os.close(file)


def _locked(path: Path) -> int:
    """Open and lock the file, and return its descriptor.

    It is opened again if the previous holder has deleted it in the meantime.
    """
    while True:
        file = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC | os.O_NOFOLLOW, 0o666)
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise UserError(f"{path.parent}: {_holder(file)} is using this run; wait until it ends") from None
        else:
            if path.exists() and os.path.samestat(os.fstat(file), path.stat()):
                held, file = file, -1
                return held
        finally:
            if file >= 0:
                os.close(file)


def _holder(file: int) -> str:
    process, _, host = os.pread(file, 200, 0).decode("utf-8", "replace").partition(" ")
    there = f" on {host}" if host and host != socket.gethostname() else ""
    return f"process {process or 'unknown'}{there}"
