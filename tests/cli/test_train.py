"""Trainings that end because of signals, divergence, damaged files or mistakes."""

import shutil
import signal
import subprocess
import sys
import time

import pytest

from seq2edge.cli.main import main
from seq2edge.cli.stop_signals import ending_in_order
from seq2edge.device.errors import Terminated
from seq2edge.pipeline.training.callbacks.end_on_request import EndOnRequest


@pytest.fixture
def recipe(tiny_recipe, pairs_file):
    """The file of a tiny recipe."""
    tiny_recipe(epochs=6)
    return str(pairs_file.parent / "tiny.toml")


@pytest.fixture
def copy(trained_run, tmp_path):
    """A copy of a trained run."""
    return shutil.copytree(trained_run.path, tmp_path / "copy")


@pytest.fixture
def unraisable(monkeypatch):
    """The exceptions that Python ignores."""
    dropped = []
    monkeypatch.setattr(sys, "unraisablehook", dropped.append)
    return dropped


@pytest.mark.parametrize(("number", "end"), [(signal.SIGINT, KeyboardInterrupt), (signal.SIGTERM, Terminated)])
def test_signals_end_a_training_even_if_they_were_ignored(number, end):
    before = signal.signal(number, signal.SIG_IGN)
    try:
        with pytest.raises(end), ending_in_order():
            signal.raise_signal(number)
        assert signal.getsignal(number) == signal.SIG_IGN
    finally:
        signal.signal(number, before)


def test_a_signal_during_an_ignored_exception_ends_the_training_after_the_step(unraisable):
    class Dropping:
        def __del__(self):
            signal.raise_signal(signal.SIGTERM)

    with ending_in_order():
        Dropping()
        assert [type(dropped.exc_value) for dropped in unraisable] == [Terminated]
        with pytest.raises(Terminated):
            EndOnRequest().on_train_batch_end(0)
    EndOnRequest().on_train_batch_end(1)


@pytest.mark.slow
@pytest.mark.parametrize(("number", "status"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_a_terminated_training_keeps_its_checkpoint(recipe, tmp_path, number, status):
    command = [sys.executable, "-m", "seq2edge.cli.main", "train", recipe, "--output", tmp_path / "run"]
    command += ["--set", "training.epochs=2000", "--set", "training.patience=2000", "--quiet"]
    before = signal.signal(signal.SIGINT, signal.SIG_IGN)  # the child process inherits this
    process = subprocess.Popen(command, stderr=subprocess.PIPE, text=True)
    signal.signal(signal.SIGINT, before)
    deadline = time.monotonic() + 120
    while not (tmp_path / "run" / "checkpoint.npz").is_file() and time.monotonic() < deadline:
        time.sleep(0.05)
    process.send_signal(number)
    try:
        said = process.communicate(timeout=60)[1]
    finally:
        process.kill()
    assert process.returncode == status
    assert "the last finished epoch is kept. Resume with: seq2edge train" in said
    assert "Traceback" not in said
    assert not (tmp_path / "run" / ".lock").exists()


def test_a_training_that_diverges_ends_with_status_1(recipe, tmp_path, capsys):
    settings = ["--set", "training.learning_rate=1e30", "--set", "training.warmup_steps=0"]
    assert main(["train", recipe, "--output", str(tmp_path / "run"), *settings, "--quiet"]) == 1
    (line,) = capsys.readouterr().err.splitlines()
    assert line.startswith("seq2edge: the validation loss must be at most ")
    assert " after epoch 1; " in line


def test_a_damaged_checkpoint_is_refused_in_one_line(copy, pairs_file, capsys):
    (copy / "checkpoint.npz").write_bytes((copy / "checkpoint.npz").read_bytes()[:5000])
    arguments = [str(copy / "recipe.toml"), "--output", str(copy), "--resume", "--set", "training.epochs=99"]
    shutil.copy(pairs_file, copy)
    assert main(["train", *arguments, "--quiet"]) == 2
    assert capsys.readouterr().err.startswith(f"seq2edge: {copy}/checkpoint.npz: damaged: ")


def test_a_damaged_model_is_refused_in_one_line(copy, capsys):
    (copy / "model.keras").write_bytes((copy / "model.keras").read_bytes()[:5000])
    assert main(["evaluate", str(copy), "--quiet"]) == 2
    assert capsys.readouterr().err.startswith(f"seq2edge: {copy}/model.keras: damaged, or of another model: ")


@pytest.mark.parametrize("backend", ["nonsense", "torch"])
def test_an_unknown_backend_is_refused_in_one_line(recipe, monkeypatch, tmp_path, capsys, backend):
    monkeypatch.setenv("KERAS_BACKEND", backend)
    assert main(["train", recipe, "--output", str(tmp_path / "run")]) == 2
    assert capsys.readouterr().err == f"seq2edge: KERAS_BACKEND must be tensorflow or jax, got '{backend}'\n"


def test_a_negative_seed_is_refused_in_one_line(recipe, capsys):
    assert main(["train", recipe, "--set", "training.seed=-1"]) == 2
    assert "training.seed must be greater than or equal to 0, got -1" in capsys.readouterr().err


def test_an_output_inside_a_file_is_refused_in_one_line(recipe, tmp_path, capsys):
    (tmp_path / "file").write_text("")
    assert main(["train", recipe, "--output", str(tmp_path / "file" / "run"), "--quiet"]) == 2
    (line,) = capsys.readouterr().err.splitlines()
    assert str(tmp_path / "file") in line
