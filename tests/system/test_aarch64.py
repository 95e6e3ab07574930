"""Bundles on an emulated Raspberry Pi 4: floats give the answers of x86-64, int8 as many right ones."""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from seq2edge.device.runners.load import load_runner

SCRIPT = Path(__file__).parents[2] / "benchmarks" / "aarch64.py"
WORDS, THINGS = ("red", "cold", "quiet", "new"), ("stone", "song")
PAIRS = {f"the {word} {thing} is here": f"{thing} {word}" for word in WORDS for thing in THINGS}


@pytest.fixture
def texts(tmp_path):
    (tmp_path / "texts").write_text("\n".join(PAIRS), encoding="utf-8")
    return ["--texts", tmp_path / "texts"]


def script(*arguments, **environment):
    command = [sys.executable, SCRIPT, *arguments, "--json"]
    return subprocess.run(command, env={**os.environ, **environment}, capture_output=True, text=True)


def right(outputs):
    return sum(output == expected for output, expected in zip(outputs, PAIRS.values(), strict=True))


@pytest.mark.network
@pytest.mark.slow
@pytest.mark.skipif(not shutil.which("qemu-aarch64"), reason="qemu-aarch64 is missing: apt-get install qemu-user")
def test_an_emulated_raspberry_pi_gives_the_same_answers(bundles, texts):
    process = script(bundles / "none", bundles / "float16", bundles / "int8", *texts, "--cpu", "cortex-a72")
    assert process.returncode == 0, process.stderr
    none, float16, int8 = json.loads(process.stdout)
    assert none["identical"] == float16["identical"] == 100
    here = [result.text for result in load_runner(bundles / "int8").run_all(list(PAIRS))]
    assert int8["identical"] >= 75
    assert right(int8["outputs_there"]) >= right(here) - 1
    for row in (none, float16, int8):
        assert row["vectors"]["passed"]
        assert row["vectors"]["vectors"] > 0


def test_a_missing_emulator_is_reported_with_the_package(texts):
    process = script("bundle", *texts, PATH="")
    assert process.returncode == 2
    assert process.stderr == "aarch64.py: qemu-aarch64 is missing; install it: apt-get install qemu-user\n"
