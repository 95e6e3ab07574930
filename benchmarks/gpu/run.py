"""Runs the parts one after the other, each in a process with a time limit. Uses the standard library only."""

import datetime
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from gpu.folder import WHEELS_FOLDER
from gpu.results import Results

ROOT = Path(__file__).parents[2]
ENTRY = ROOT / "benchmarks" / "gpu_training.py"
ROOMS = ("device", "models", "pipeline")
GRACE = 10.0  # a part is killed this many seconds after its limit
GRAPHS = "--xla_gpu_enable_command_buffer=+WHILE"  # loops as CUDA graphs, which is not XLA's default


def run_parts(folder: Path, output: Path, limits: dict[str, float], total: float) -> None:
    """Install the wheels, then run each part within its limit (seconds), and all of them within `total` seconds."""
    deadline = time.monotonic() + total
    output.mkdir(parents=True, exist_ok=True)
    results = Results(output)
    scratch = Path(tempfile.mkdtemp(prefix="gpu-training-"))
    try:
        environment = _environment(folder, scratch)
        for part, limit in limits.items():
            limit = round(min(limit, deadline - GRACE - time.monotonic()), 1)
            results.clear(part)
            if limit <= 0:
                results.note(part, ended="not started: no time was left")
                continue
            flags = {"XLA_FLAGS": f"{environment.get('XLA_FLAGS', '')} {GRAPHS}"} if part == "graphs" else {}
            started = time.monotonic()
            results.note(part, started=datetime.datetime.now(datetime.UTC).isoformat(timespec="seconds"), limit=limit)
            ended = run_process([part, str(folder), str(output), str(limit)], environment | flags, limit + GRACE)
            results.note(part, ended=ended, seconds=round(time.monotonic() - started, 1))
            print(f"{part}: {ended}", flush=True)
    finally:
        shutil.rmtree(scratch, ignore_errors=True)


def _environment(folder: Path, scratch: Path) -> dict[str, str]:
    """Return environment variables for a part: paths of the wheels and of this repository, and a compilation cache."""
    site = scratch / "site"
    wheels = [str(path) for path in sorted((folder / WHEELS_FOLDER).glob("*.whl"))]
    command = [sys.executable, "-m", "pip", "install", "--quiet", "--no-index", "--no-deps", "--no-compile"]
    subprocess.run([*command, "--no-cache-dir", "--target", str(site), *wheels], check=True)
    (site / "seq2edge").mkdir()
    for room in ROOMS:
        (site / "seq2edge" / room).symlink_to(ROOT / room)
    return {
        **os.environ,
        "PYTHONPATH": os.pathsep.join(filter(None, (str(site), os.environ.get("PYTHONPATH")))),
        "KERAS_BACKEND": "jax",
        "JAX_COMPILATION_CACHE_DIR": str(scratch / "compiled"),
        "PYTHONUNBUFFERED": "1",
    }


def run_process(arguments: list[str], environment: dict[str, str], limit: float) -> str:
    """Run one part, and kill it and its own processes (compilers) after `limit` seconds. Returns how it ended."""
    command = [sys.executable, str(ENTRY), "part", *arguments]
    process = subprocess.Popen(command, env=environment, process_group=0)
    try:
        code = process.wait(limit)
    except subprocess.TimeoutExpired:
        return "killed at its limit"
    finally:
        if process.poll() is None:
            os.killpg(process.pid, signal.SIGKILL)
            process.wait()
    return "complete" if code == 0 else f"failed with exit status {code}"
