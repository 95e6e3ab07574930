"""The program that `check_isolated` runs: limits its own process, checks a bundle and prints the result as JSON."""

import json
import sys
from pathlib import Path
from typing import Any

from seq2edge.device.errors import UserError


def limit_this_process(memory_megabytes: int, cpu_seconds: int, output_bytes: int) -> None:
    """Limit the address space, CPU time and output of this process.

    Raises:
        UserError: If the platform does not support these limits.
    """
    try:
        import resource
    except ImportError:
        raise UserError(_no_limits("no setrlimit")) from None
    wanted = {
        resource.RLIMIT_AS: memory_megabytes << 20,
        resource.RLIMIT_CPU: cpu_seconds,
        resource.RLIMIT_FSIZE: output_bytes,
        resource.RLIMIT_CORE: 0,
    }
    for kind, most in wanted.items():
        hard = resource.getrlimit(kind)[1]
        most = most if hard == resource.RLIM_INFINITY else min(most, hard)
        try:
            resource.setrlimit(kind, (most, most))
        except (ValueError, OSError) as error:
            raise UserError(_no_limits(str(error))) from None


def _no_limits(reason: str) -> str:
    return f"--isolated needs limits on processes, which {sys.platform} does not have ({reason}); verify without it"


def main(given: dict[str, Any]) -> None:
    """Check a bundle and print the result, or the message of a `UserError`, as a line of JSON."""
    answer: dict[str, Any]
    try:
        limit_this_process(given["memory_megabytes"], given["cpu_seconds"], given["output_bytes"])
        from seq2edge.device.vectors.check import check_vectors

        answer = {"result": check_vectors(Path(given["path"]), given["sha256"])}
    except UserError as error:
        answer = {"error": str(error)}
    except MemoryError:
        answer = {"error": f"{given['path']}: needs more than {given['memory_megabytes']:,} MB"}
    print(f"\n{json.dumps(answer)}", flush=True)


if __name__ == "__main__":
    main(json.loads(sys.argv[1]))
