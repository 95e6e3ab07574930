"""The public names of `import seq2edge`."""

import subprocess
import sys

import pytest

import seq2edge
from seq2edge.device.runners.interface import Runner

IMPORT = """
import sys, time
started = time.perf_counter()
import seq2edge
print(time.perf_counter() - started)
assert not {"numpy", "sentencepiece", "ai_edge_litert", "pydantic", "tensorflow"} & sys.modules.keys()
"""


def test_the_import_loads_nothing_heavy():
    runs = [subprocess.run([sys.executable, "-c", IMPORT], check=True, capture_output=True) for _ in range(5)]
    assert min(float(run.stdout) for run in runs) < 0.02


def test_the_public_names_are_listed():
    assert dir(seq2edge) == ["Conversation", "Inspection", "Runner", "__version__", "load"]
    assert seq2edge.Runner is Runner
    assert seq2edge.__version__ == "0.2.0"
    with pytest.raises(AttributeError, match="module 'seq2edge' has no attribute 'lode'"):
        seq2edge.lode  # noqa: B018


def test_a_bundle_can_be_called(bundles):
    bot = seq2edge.load(bundles / "int8")
    assert bot("the red stone is here").text == "stone red"
    assert len(bot("the red stone is here", beam=5, n_best=3).alternatives) == 3


def test_load_without_a_path_opens_the_installed_bundle(shipped):
    assert seq2edge.load().manifest.name == shipped.manifest.name
    assert seq2edge.load()("good morning").text


@pytest.mark.slow
def test_type_checkers_know_the_names(tmp_path):
    program = tmp_path / "program.py"
    program.write_text(
        "import seq2edge\n"
        "text: str = seq2edge.load(threads=2)('hi').text\n"
        "runner: seq2edge.Runner = seq2edge.load()\n"
        "version: str = seq2edge.__version__\n"
        "seq2edge.lode\n"
    )
    command = [sys.executable, "-m", "mypy", "--cache-dir", tmp_path / "cache", program]
    found = subprocess.run(command, capture_output=True, text=True, cwd=tmp_path).stdout.splitlines()
    assert found[0].endswith('program.py:5: error: Module has no attribute "lode"  [attr-defined]')
    assert found[1].startswith("Found 1 error")
