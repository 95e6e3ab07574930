import importlib.util
import os
import subprocess
import sys

from seq2edge.cli.keras_setup import use_tensorflow


def test_the_commands_that_export_use_tensorflow_whatever_the_environment_says():
    use = "from seq2edge.cli.keras_setup import use_tensorflow; use_tensorflow()"
    code = f"{use}; import keras; print(keras.backend.backend())"
    environment = {**os.environ, "KERAS_BACKEND": "jax"}
    shown = subprocess.run([sys.executable, "-c", code], env=environment, capture_output=True, text=True, check=True)
    assert shown.stdout == "tensorflow\n"


def test_without_tensorflow_the_backend_stays_as_it_is(monkeypatch):
    monkeypatch.setenv("KERAS_BACKEND", "jax")
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None)
    use_tensorflow()
    assert os.environ["KERAS_BACKEND"] == "jax"
