"""The quickstart from data to bundle, with a very small model and a short training."""

import os
import re
import subprocess
import sys

import pytest

from seq2edge.cli.main import main

SMALL = [
    "model.units=32",
    "model.embedding=16",
    "training.epochs=1",
    "training.pretrain_epochs=1",
    "tokenizer.samples=1",
    "training.score_sentences=5",
]
OUR_LINES = re.compile(
    r"\[ *\d+ s\] (loading|training|scoring|exporting|converting|verifying|done).*"
    r"|pairs: .*|  bundled:.*|dropped: .*|(source|target) tokens: .*"
    r"|[\d,]+ parameters, .*|pre-training 1/1 .*|epoch 1/1 .*"
    r"|(Chat with it|In a browser|Your own pairs): .*|"
)

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return tmp_path_factory.mktemp("quickstart")


@pytest.fixture(scope="module")
def quickstart(folder):
    settings = [word for setting in SMALL for word in ("--set", setting)]
    command = [sys.executable, "-m", "seq2edge.cli.main", "quickstart", *settings]
    environment = {name: value for name, value in os.environ.items() if not name.startswith("TF_")}
    return subprocess.run(command, cwd=folder, env=environment, check=True, capture_output=True, text=True)


def test_quickstart_trains_and_exports_a_working_chat(quickstart, folder, capsys):
    assert "nearest neighbour" in quickstart.stdout
    assert "Hangul" in quickstart.stdout
    assert "verified on LiteRT" in quickstart.stdout
    bundle = folder / "bundles" / "quickstart-int8"
    assert sum(path.stat().st_size for path in bundle.iterdir()) < 5_000_000
    assert main(["run", str(bundle), "안녕", "hello"]) == 0
    assert len(capsys.readouterr().out.splitlines()) == 2


def test_libraries_print_nothing(quickstart):
    assert [line for line in quickstart.stderr.splitlines() if not OUR_LINES.fullmatch(line)] == []


def test_the_bundle_is_compared_with_the_installed_one(quickstart, shipped):
    scores = shipped.manifest.scores["bundle"]
    (line,) = [line for line in quickstart.stdout.splitlines() if line.startswith(f"{shipped.path}: ")]
    assert f"exact match {scores['exact_match']} %" in line
    assert re.search(
        r"^\d+\.\d+ % of the replies to 100 test phrasings are the same in both$", quickstart.stdout, re.MULTILINE
    )
