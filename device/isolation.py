"""Runs a check of a bundle in a process of its own, so that a crash of the runtime or a hang is an answer too."""

import json
import signal
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from seq2edge.device.errors import CheckError, UserError
from seq2edge.device.limits import IsolationLimits

OUTPUT_BYTES = 1 << 20  # that the process may write
CHECK = "seq2edge.device.isolated_check"


def check_isolated(path: Path, sha256: str | None = None, limits: IsolationLimits = IsolationLimits()) -> Any:
    """`check_vectors` in a process with limits; arguments and result are the same.

    Raises:
        CheckError: If the process crashes or exceeds a limit.
        UserError: As `check_vectors`, or if the platform has no limits on processes.
    """
    limits.check()
    given = {"path": str(path), "sha256": sha256, **vars(limits), "output_bytes": OUTPUT_BYTES}
    status, said = _run([sys.executable, "-m", CHECK, json.dumps(given)], limits.seconds)
    if status is None:
        raise CheckError(f"{path}: the check was not done after {limits.seconds:g} seconds; do not use this bundle")
    if status < 0:
        raise CheckError(f"{path}: {_reason(-status, limits)}; do not use this bundle")
    try:
        answer = json.loads(said.splitlines()[-1])
        if "error" not in answer:
            return answer["result"]
    except (ValueError, LookupError, TypeError):
        raise CheckError(
            f"{path}: the check ended with status {status} and no result; do not use this bundle"
        ) from None
    raise UserError(str(answer["error"]))


def _run(command: Sequence[str], seconds: float) -> tuple[int | None, str]:
    """The exit status of a process, None if it was ended after so many seconds, and what it wrote."""
    none = subprocess.DEVNULL
    with tempfile.TemporaryFile() as output:
        try:
            ended = subprocess.run(
                command, stdin=none, stdout=output, stderr=none, timeout=seconds, start_new_session=True, check=False
            )
            status: int | None = ended.returncode
        except subprocess.TimeoutExpired:  # it has been killed
            status = None
        output.seek(0)
        return status, output.read(OUTPUT_BYTES).decode("utf-8", "replace")


def _reason(number: int, limits: IsolationLimits) -> str:
    if number in (signal.SIGXCPU, signal.SIGKILL):
        return f"the check used more than {limits.cpu_seconds} seconds of CPU time, or was killed"
    try:
        name = signal.Signals(number).name
    except ValueError:
        name = f"signal {number}"
    return f"the runtime crashed ({name}) within {limits.memory_megabytes:,} MB"
