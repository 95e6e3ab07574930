import importlib
import types

import numpy as np
import pytest

from seq2edge.device.bundle import read_bundle
from seq2edge.device.errors import UserError
from seq2edge.device.interpreter import load_runtime
from seq2edge.device.search.model import Vocabulary
from seq2edge.device.tflite_seq2seq import TFLiteModel


def without(monkeypatch, *missing, **present):
    """Pretend that some runtimes are missing and others are installed."""
    real = importlib.import_module

    def fake(name, *arguments):
        root = name.split(".")[0]
        if root in missing:
            raise ModuleNotFoundError(f"No module named {root!r}", name=root)
        return present.get(root) or real(name, *arguments)

    monkeypatch.setattr(importlib, "import_module", fake)


def test_the_installed_runtime_is_named_with_its_version():
    interpreter, name = load_runtime()
    assert callable(interpreter)
    assert name.startswith("LiteRT ")


def test_a_missing_runtime_is_reported_with_both_extras(monkeypatch):
    without(monkeypatch, "ai_edge_litert", "tflite_runtime")
    with pytest.raises(UserError, match=r"seq2edge\[device\].*seq2edge\[device-tflite\]"):
        load_runtime()


def test_tflite_runtime_with_numpy_2_is_refused(monkeypatch):
    without(monkeypatch, "ai_edge_litert", tflite_runtime=types.SimpleNamespace(Interpreter=object))
    monkeypatch.setattr(np, "__version__", "2.4.0")
    with pytest.raises(UserError, match=r"does not support numpy 2\.4\.0; pip install 'numpy<2'"):
        load_runtime()


def test_tflite_runtime_is_refused_if_it_would_crash_on_int8(bundles, tmp_path, monkeypatch):
    processor = tmp_path / "cpuinfo"
    monkeypatch.setattr("seq2edge.device.interpreter.CPU_INFO", processor)
    old = load_runtime()[0], "tflite-runtime 2.14.0"
    processor.write_text("Features\t: fp asimd asimdrdm lrcpc dcpop asimddp\n")
    with pytest.raises(UserError, match=r"tflite-runtime 2.14.0 crashes on int8.*LiteRT.*float16"):
        TFLiteModel(read_bundle(bundles / "int8"), runtime=old)
    TFLiteModel(read_bundle(bundles / "none"), runtime=old)
    processor.write_text("Features\t: fp asimd evtstrm crc32 cpuid\n")
    TFLiteModel(read_bundle(bundles / "int8"), runtime=old)


def test_a_failed_allocation_is_reported_in_one_line(bundles):
    bundle = read_bundle(bundles / "int8")

    class Failing:
        def __init__(self, **settings):
            pass

        def get_signature_list(self):
            return dict.fromkeys(bundle.manifest.signatures)

        def get_signature_runner(self, name):
            raise RuntimeError("Failed to allocate memory for tensors\nat line 3")

    model = TFLiteModel(bundle, runtime=(Failing, "LiteRT 2"))
    with pytest.raises(
        UserError, match=r"model\.tflite: LiteRT 2 cannot run encode: Failed to allocate memory for tensors$"
    ):
        model.encode([{"source_ids": np.array([20, 3], np.int32)}])


def test_a_search_can_start_with_one_row(bundles):
    model = TFLiteModel(read_bundle(bundles / "int8"))
    memory, states = model.encode([{"source_ids": np.array([20, 21, 3], np.int32)}], Vocabulary.TOP)
    output = model.step(np.array([2]), memory, np.array([0]), states)
    assert output.token_ids.shape == output.logits.shape == (1, 10)  # two for each hypothesis: one may end
