"""The bundle in environments with only the runner."""

import json
import subprocess
import sys
import time
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
SENTENCES = [f"the {word} {thing} is here" for word in ("red", "cold", "old") for thing in ("stone", "river", "letter")]


@pytest.fixture(scope="module")
def wheel(tmp_path_factory):
    folder = tmp_path_factory.mktemp("wheel")
    subprocess.run(
        [sys.executable, "-m", "build", "--wheel", "--outdir", folder, ROOT], check=True, capture_output=True
    )
    (path,) = folder.glob("*.whl")
    return path


@pytest.mark.network
@pytest.mark.slow
def test_the_wheel_alone_answers_within_a_second(wheel, shipped, tmp_path):
    with zipfile.ZipFile(wheel) as content:
        packed = {Path(name).name for name in content.namelist() if name.startswith("seq2edge/device/shipped/")}
        assert "seq2edge/py.typed" in content.namelist()
    assert packed == {path.name for path in shipped.path.iterdir()}
    programs = environment(wheel, tmp_path / "alone", "device").parent
    assert not {"tensorflow", "pydantic"} & {path.name for path in (tmp_path / "alone").rglob("site-packages/*")}
    program = "import seq2edge; print(seq2edge.load()('good morning').text)"
    commands = [[programs / "seq2edge", "run", "good morning"], [programs / "python", "-c", program]]
    seconds, replies = [], set()
    for command in commands * 3:
        started = time.monotonic()
        process = subprocess.run(command, check=True, capture_output=True, text=True, cwd=tmp_path)
        seconds.append(time.monotonic() - started)
        replies.add(process.stdout)
        assert process.stderr == ""
    assert len(replies) == 1
    assert sorted(seconds)[len(seconds) // 2] < 1.0


def environment(wheel, folder, extra):
    subprocess.run([sys.executable, "-m", "venv", folder], check=True)
    python = folder / "bin" / "python"
    subprocess.run([python, "-m", "pip", "install", "--quiet", f"{wheel}[{extra}]" if extra else wheel], check=True)
    return python


def answers(python, bundle, beam):
    process = subprocess.run(
        [python, "-m", "seq2edge.cli.main", "run", bundle, "--json", "--beam", str(beam)],
        input="\n".join(SENTENCES),
        capture_output=True,
        text=True,
        check=True,
    )
    return [json.loads(line)["text"] for line in process.stdout.splitlines()]


@pytest.mark.network
@pytest.mark.slow
def test_both_runtimes_give_the_same_answers_without_tensorflow(
    wheel, bundles, transformer_bundle, ensemble_bundles, tmp_path
):
    said = {}
    for extra in ("device", "device-tflite"):
        if extra == "device-tflite" and sys.version_info >= (3, 12):
            pytest.skip("tflite-runtime has no wheel for this Python")
        python = environment(wheel, tmp_path / extra, extra)
        assert subprocess.run([python, "-c", "import tensorflow"], capture_output=True).returncode != 0
        said[extra] = [
            answers(python, bundles / "int8", beam=1),
            answers(python, transformer_bundle, beam=5),
            answers(python, ensemble_bundles / "int8", beam=5),
        ]
    assert said["device"] == said["device-tflite"]


@pytest.mark.network
@pytest.mark.slow
def test_the_wheel_without_a_runtime_reports_what_is_missing(wheel, bundles, tmp_path):
    python = environment(wheel, tmp_path / "bare", "")
    command = [python, "-m", "seq2edge.cli.main"]
    assert (
        subprocess.run([*command, "--version"], check=True, capture_output=True, text=True).stdout == "seq2edge 0.2.0\n"
    )
    started = time.monotonic()
    process = subprocess.run([*command, "run", bundles / "int8", "hi"], capture_output=True, text=True)
    assert process.returncode == 2
    assert "pip install 'seq2edge[device]'" in process.stderr
    assert time.monotonic() - started < 5
