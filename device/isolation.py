"""Checks a bundle in a separate process, so that a crash or a hang of the runtime is reported as a failed check."""

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

OUTPUT_BYTES = 1 << 20  # limit of what the process may write
CHECK = "seq2edge.device.isolated_check"


def check_isolated(path: Path, sha256: str | None = None, limits: IsolationLimits = IsolationLimits()) -> Any:
    """Run `check_vectors` in a separate process with limits.

    Args:
        path, sha256: As for `check_vectors`.
        limits: Limits of the process.

    Returns:
        The result of `check_vectors`.

    Raises:
        CheckError: If the process crashes or exceeds a limit.
        UserError: As for `check_vectors`; also if the platform does not support limits on processes.
    """
    limits.check()
    given = {"path": str(path), "sha256": sha256, **vars(limits), "output_bytes": OUTPUT_BYTES}
    # -P: the working directory, which may be that of the bundle, is no place for modules.
    status, said = _run([sys.executable, "-P", "-m", CHECK, json.dumps(given)], limits.seconds)
    if status is None:
        raise CheckError(f"{path}: the check did not finish within {limits.seconds:g} seconds; do not use this bundle")
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
    """Run a command; return its exit status (None if it exceeded `seconds` and was killed) and its output."""
    none = subprocess.DEVNULL
    with tempfile.TemporaryFile() as output:
        try:
            ended = subprocess.run(
                command, stdin=none, stdout=output, stderr=none, timeout=seconds, start_new_session=True, check=False
            )
            status: int | None = ended.returncode
        except subprocess.TimeoutExpired:  # subprocess has killed it
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
    return f"the runtime crashed ({name}) with a memory limit of {limits.memory_megabytes:,} MB"
