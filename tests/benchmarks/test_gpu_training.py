"""The benchmark of training on a GPU, from beginning to end on a CPU with the smallest settings."""

import json
import os
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest

from seq2edge.export.bundle import export_bundle
from seq2edge.export.options import ExportOptions
from seq2edge.pipeline.run import Run

BENCHMARKS = Path(__file__).parents[2] / "benchmarks"
PARTS = ("speed", "transformer", "hybrid", "profile", "graphs")
# The programs are small and run a few times: optimising them takes longer than it saves.
QUICK = {"XLA_FLAGS": "--xla_backend_optimization_level=0 --xla_llvm_disable_expensive_passes=true"}


@pytest.fixture
def gpu(monkeypatch):
    """The package of the benchmark's parts; its modules are imported by name."""
    monkeypatch.syspath_prepend(BENCHMARKS)
    import gpu.results
    import gpu.run
    import gpu.wheels

    return gpu


def call(python, *arguments):
    command = [python, BENCHMARKS / "gpu_training.py", *arguments]
    return subprocess.run(command, env=os.environ | QUICK, check=True, timeout=300)


@pytest.mark.slow
@pytest.mark.network
def test_all_parts_run_and_their_weights_can_be_exported(gpu, environment, tmp_path):
    machine = environment(*gpu.wheels.PRESENT)  # so the wheels have to bring the rest
    folder, results, runs = tmp_path / "prepared", tmp_path / "results", tmp_path / "runs"
    version = f"{sys.version_info.major}.{sys.version_info.minor}"
    call(sys.executable, "prepare", folder, "--tiny", "--python", version)
    call(machine, "run", folder, "--output", results)
    measured = json.loads((results / "results.json").read_text(encoding="utf-8"))
    assert {part: measured[part]["ended"] for part in PARTS} == dict.fromkeys(PARTS, "complete")
    assert measured["speed"]["variants"][0]["words_per_second"] > 0
    assert measured["transformer"]["updates"] == measured["hybrid"]["updates"] == 16
    assert measured["transformer"]["curve"][-1]["loss"] < measured["transformer"]["curve"][0]["loss"]
    assert measured["profile"]["ms"]["decoder, forward and backward"] > 0

    call(sys.executable, "collect", folder, results, runs)
    for part in ("transformer", "hybrid"):
        bundle = export_bundle(Run.open(runs / part), tmp_path / part, ExportOptions("none"), lambda line: None)
        assert bundle.manifest.scores["agreement_with_keras"]["identical"] == 100


def test_a_part_that_hangs_is_killed_with_its_processes(gpu, tmp_path, monkeypatch):
    script = tmp_path / "hangs.py"
    script.write_text("import subprocess\nsubprocess.run(['sleep', '60'])\n", encoding="utf-8")
    monkeypatch.setattr(gpu.run, "ENTRY", script)
    started = time.monotonic()
    assert gpu.run.run_process([], dict(os.environ), 1.0) == "killed at its limit"
    assert time.monotonic() - started < 30


def test_weights_are_split_into_small_files(gpu, tmp_path, monkeypatch):
    monkeypatch.setattr(gpu.results, "LARGEST_FILE", gpu.results.HEADERS + 1000)
    weights = [np.full(100, value, np.float32) for value in range(7)]
    gpu.results.save_weights(tmp_path, "hybrid-best", weights)
    assert len(list(tmp_path.iterdir())) == 4  # two arrays of 400 bytes in a file
    np.testing.assert_array_equal(gpu.results.load_weights(tmp_path, "hybrid-best"), weights)


def test_results_of_a_part_are_combined_until_it_runs_again(gpu, tmp_path):
    results = gpu.results.Results(tmp_path)
    results.note("speed", updates=3)
    results.note("speed", ended="complete")
    assert gpu.results.Results(tmp_path).read() == {"speed": {"updates": 3, "ended": "complete"}}
    results.clear("speed")
    assert gpu.results.Results(tmp_path).read() == {}
