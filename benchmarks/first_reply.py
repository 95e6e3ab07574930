"""Seconds from process start to the first reply, the median of several starts.

    python benchmarks/first_reply.py bundles/quickstart-int8

Peer in the same run: a Python process that imports numpy, sentencepiece and the runtime and does nothing.
"""

import json
import statistics
import subprocess
import sys
import time

STARTS = 15
PEER = "import numpy, sentencepiece, ai_edge_litert.interpreter"


def median_seconds(command: list[str]) -> float:
    """The median wall time of a command."""
    seconds = []
    for _ in range(STARTS):
        started = time.perf_counter()
        subprocess.run(command, check=True, capture_output=True)
        seconds.append(time.perf_counter() - started)
    return statistics.median(seconds)


def main() -> None:
    (bundle,) = sys.argv[1:]
    reply = median_seconds([sys.executable, "-m", "seq2edge.cli.main", "run", bundle, "hello"])
    imports = median_seconds([sys.executable, "-c", PEER])
    print(
        json.dumps(
            {"first_reply_s": round(reply, 3), "imports_s": round(imports, 3), "ratio": round(reply / imports, 2)}
        )
    )


if __name__ == "__main__":
    main()
