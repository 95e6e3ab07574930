"""The same recipe trained with JAX, without TensorFlow: on one device, on several, and in several processes."""

import json
import os
import signal
import socket
import subprocess
import time
from pathlib import Path

import numpy as np
import pytest

from seq2edge.export.bundle import export_bundle
from seq2edge.export.options import ExportOptions
from seq2edge.pipeline.run import Run

ROOT = Path(__file__).parents[2]
LONGEST = 240  # seconds; processes that wait for each other would for ever
pytestmark = [pytest.mark.network, pytest.mark.slow]


@pytest.fixture(scope="session")
def jax_python(environment):
    """The Python of an environment with JAX and no TensorFlow."""
    return environment(f"{ROOT}[jax]")


@pytest.fixture
def start(jax_python, tiny_recipe, pairs_file, tmp_path):
    """Start `seq2edge train` of the tiny recipe under JAX, in TMP/OUTPUT."""

    started = []

    def start(output, epochs, *arguments, flags=""):
        tiny_recipe(epochs=epochs)
        recipe = pairs_file.parent / "tiny.toml"
        command = [jax_python, "-m", "seq2edge.cli.main", "train", recipe, "--output", output, "--quiet", *arguments]
        environment = {**os.environ, "KERAS_BACKEND": "jax", "XLA_FLAGS": flags}
        started.append(subprocess.Popen(command, env=environment, cwd=tmp_path, stderr=subprocess.PIPE, text=True))
        return started[-1]

    yield start
    for process in started:
        process.kill()


@pytest.fixture
def hosts():
    """--hosts of two processes on this machine."""
    with socket.create_server(("", 0)) as server:
        return ["--hosts", f"localhost:{server.getsockname()[1]},localhost"]


def weights(folder):
    return np.concatenate([np.asarray(w).ravel() for w in Run.open(folder).model().training.trainable_weights])


def test_a_run_trained_without_tensorflow_can_be_exported(start, tmp_path):
    settings = ["--set", "training.patience=60", "--set", "training.average=2"]
    assert start("run", 40, *settings).wait(LONGEST) == 0
    export_bundle(Run.open(tmp_path / "run"), tmp_path / "bundle", ExportOptions("none"), lambda line: None)
    scores = json.loads((tmp_path / "bundle" / "bundle.json").read_text(encoding="utf-8"))["scores"]
    assert scores["agreement_with_keras"]["identical"] == 100
    assert scores["keras"]["exact_match"] > 60


UNROLLED = """
import keras, numpy as np
from seq2edge.models.config import Seq2SeqConfig
from seq2edge.models.decoders.config import RecurrentDecoderConfig
from seq2edge.models.encoders.config import RecurrentEncoderConfig
from seq2edge.models.seq2seq import build_seq2seq

ids = np.random.default_rng(1).integers(4, 20, (2, 3, 11)).astype("int32")
for settings in (
    {"encoder": RecurrentEncoderConfig(layers=2)},
    {"decoder": RecurrentDecoderConfig(layers=2, input_feeding=True)},
    {"decoder": RecurrentDecoderConfig(kind="gru", attention="bahdanau")},
    {"variational_dropout": True, "dropout": 0.2},
):
    weights = []
    for unroll in (1, 4, 16):
        keras.utils.set_random_seed(1)
        model = build_seq2seq(Seq2SeqConfig(20, 20, units=16, embedding=16, **settings), unroll=unroll).training
        model.compile(keras.optimizers.SGD(1.0), "sparse_categorical_crossentropy")
        model.train_on_batch(list(ids), ids[1])
        weights.append(np.concatenate([np.ravel(weight) for weight in model.trainable_weights]))
    for unrolled in weights[1:]:
        np.testing.assert_allclose(unrolled, weights[0], atol=1e-5)
"""


def test_unrolled_loops_give_the_same_weights(jax_python):
    environment = {**os.environ, "KERAS_BACKEND": "jax"}
    subprocess.run([jax_python, "-c", UNROLLED], env=environment, check=True, timeout=LONGEST)


def test_a_diverging_training_ends(start):
    settings = ["--set", "training.learning_rate=1e38", "--set", "training.clip_norm=1e30"]
    process = start("run", 2, *settings)
    assert process.wait(LONGEST) == 1
    assert "seq2edge: the loss is nan at step" in process.stderr.read()


def test_two_processes_or_devices_reach_the_same_weights_as_one(start, hosts, tmp_path):
    settings = ["--set", "training.ema=0.9", "--set", "training.word_dropout=0.1"]
    assert start("alone", 2, *settings).wait(LONGEST) == 0
    assert start("devices", 2, *settings, flags="--xla_force_host_platform_device_count=2").wait(LONGEST) == 0
    both = [start("together", 2, *settings, *hosts, "--process", str(process)) for process in (0, 1)]
    assert [process.wait(LONGEST) for process in both] == [0, 0]
    alone = weights(tmp_path / "alone")
    np.testing.assert_allclose(weights(tmp_path / "devices"), alone, atol=1e-4)
    np.testing.assert_allclose(weights(tmp_path / "together"), alone, atol=1e-4)


def test_a_killed_process_is_reported_and_training_resumes(start, hosts, tmp_path):
    both = [start("run", 400, *hosts, "--process", str(process)) for process in (0, 1)]
    while not (tmp_path / "run" / "checkpoint.npz").is_file():
        assert both[0].poll() is None, both[0].stderr.read()
        time.sleep(0.1)
    both[1].send_signal(signal.SIGKILL)
    _, said = both[0].communicate(timeout=60)
    assert both[0].returncode == 2
    assert "process 1 (localhost) is gone; resume with --resume in every process" in said

    done = len((tmp_path / "run" / "history.csv").read_text().splitlines()) - 1
    both = [start("run", done + 1, "--resume", *hosts, "--process", str(process)) for process in (0, 1)]
    assert [process.wait(LONGEST) for process in both] == [0, 0]
    assert len((tmp_path / "run" / "history.csv").read_text().splitlines()) - 1 == done + 1


def test_processes_with_different_recipes_are_refused(start, hosts):
    both = [
        start("run", 2, *hosts, "--process", "0"),
        start("run", 2, *hosts, "--process", "1", "--set", "model.units=32"),
    ]
    for process in both:
        _, said = process.communicate(timeout=60)
        assert process.returncode == 2
        assert "model.units is 64 at process 0 (localhost" in said
        assert "and 32 at process 1 (localhost)" in said
