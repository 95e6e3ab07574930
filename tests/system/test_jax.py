"""The same recipe trained with JAX, where there is no TensorFlow, and exported where there is."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from seq2edge.export.bundle import export_bundle
from seq2edge.pipeline.run import Run

ROOT = Path(__file__).parents[2]


@pytest.mark.network
def test_a_run_trained_without_tensorflow_says_the_same_when_exported(tiny_recipe, pairs_file, tmp_path):
    subprocess.run([sys.executable, "-m", "venv", tmp_path / "env"], check=True)
    python = tmp_path / "env" / "bin" / "python"
    subprocess.run([python, "-m", "pip", "install", "--quiet", f"{ROOT}[jax]"], check=True)
    assert subprocess.run([python, "-c", "import tensorflow"], capture_output=True).returncode != 0

    tiny_recipe(epochs=40)
    command = [
        python,
        "-m",
        "seq2edge.cli.main",
        "train",
        pairs_file.parent / "tiny.toml",
        "--output",
        tmp_path / "run",
    ]
    settings = ["training.patience=60", "training.average=2"]
    settings_arguments = [word for setting in settings for word in ("--set", setting)]
    environment = {**os.environ, "KERAS_BACKEND": "jax"}
    subprocess.run([*command, *settings_arguments, "--quiet"], check=True, env=environment, cwd=tmp_path)

    export_bundle(Run.open(tmp_path / "run"), tmp_path / "bundle", "none", tell=lambda line: None)
    scores = json.loads((tmp_path / "bundle" / "bundle.json").read_text(encoding="utf-8"))["scores"]
    assert scores["agreement_with_keras"]["identical"] == 100
    assert scores["keras"]["exact_match"] > 60
