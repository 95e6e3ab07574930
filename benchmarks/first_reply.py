"""Measures the time from process start to the first reply, with only the wheel installed, and the size of the wheel.

    python benchmarks/first_reply.py                            the bundle in the wheel
    python benchmarks/first_reply.py bundles/multi30k-en-de-int8

Builds the wheel and installs it with the extra `device` into an empty environment, which takes a minute and needs a
package index. `after_install_s` is the time of the very first start, `first_reply_s` the median of ten more. For
comparison, the same run times a Python process that only imports numpy, sentencepiece and the runtime.
"""

import json
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
STARTS = 10
GOAL = 1.0  # seconds that the first reply may take
PEER = "import numpy, sentencepiece, ai_edge_litert.interpreter; print()"


def build_wheel(folder: Path) -> Path:
    """Build the wheel of this checkout into a folder."""
    command = [sys.executable, "-m", "build", "--wheel", "--outdir", folder, ROOT]
    subprocess.run(command, check=True, capture_output=True)
    (wheel,) = folder.glob("*.whl")
    return wheel


def install(wheel: Path, environment: Path) -> Path:
    """Install the wheel with the extra `device` into an empty environment, and return the folder of its programs."""
    subprocess.run([sys.executable, "-m", "venv", environment], check=True)
    programs = environment / "bin"
    subprocess.run([programs / "python", "-m", "pip", "install", "--quiet", f"{wheel}[device]"], check=True)
    return programs


def seconds_to_first_line(command: list[str | Path], starts: int) -> list[float]:
    """Return the time from each start of a command to its first line of output."""
    seconds = []
    for _ in range(starts):
        started = time.perf_counter()
        with subprocess.Popen(command, stdout=subprocess.PIPE) as process:
            assert process.stdout is not None
            line = process.stdout.readline()
            seconds.append(time.perf_counter() - started)
        if process.returncode or not line:
            raise SystemExit(f"{command}: no reply, exit status {process.returncode}")
    return seconds


def main() -> int:
    bundle = sys.argv[1:2]
    with tempfile.TemporaryDirectory() as folder:
        wheel = build_wheel(Path(folder))
        programs = install(wheel, Path(folder) / "environment")
        after_install, *others = seconds_to_first_line([programs / "seq2edge", "run", *bundle, "hello"], STARTS + 1)
        reply = statistics.median(others)
        imports = statistics.median(seconds_to_first_line([programs / "python", "-c", PEER], STARTS))
        found = {
            "after_install_s": round(after_install, 3),
            "first_reply_s": round(reply, 3),
            "imports_s": round(imports, 3),
            "ratio": round(reply / imports, 2),
            "wheel_mb": round(wheel.stat().st_size / 1e6, 2),
        }
    print(json.dumps(found))
    return int(reply > GOAL)


if __name__ == "__main__":
    sys.exit(main())
