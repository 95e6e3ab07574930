"""ONNX files give the outputs of Keras. Needs the extra `onnx`; skipped if one of its packages is missing."""

import importlib.util
import json
import subprocess
import sys
from pathlib import Path

import keras
import numpy as np
import pytest

from seq2edge.device.errors import UserError
from seq2edge.device.search.decoding import decode
from seq2edge.device.search.options import DecodingOptions
from seq2edge.device.special_ids import BOS, EOS
from seq2edge.export import onnx_model, onnx_runtime
from seq2edge.export.onnx_model import NEXT, export_onnx, write_graphs
from seq2edge.export.onnx_runtime import OnnxModel, verify_onnx
from seq2edge.models.config import Seq2SeqConfig
from seq2edge.models.decoders.config import RecurrentDecoderConfig, TransformerDecoderConfig
from seq2edge.models.encoders.config import RecurrentEncoderConfig, TransformerEncoderConfig
from seq2edge.models.seq2seq import build_seq2seq
from seq2edge.pipeline.families.keras_decoding import KerasSequenceModel

EXAMPLE = Path(__file__).parents[2] / "examples" / "onnx" / "greedy.py"
FIRST, VOCABULARY = 4, 14
ARCHITECTURES = {
    "lstm, no attention, one direction": {
        "encoder": RecurrentEncoderConfig(bidirectional=False),
        "decoder": RecurrentDecoderConfig(attention="none"),
    },
    "lstm, location": {"decoder": RecurrentDecoderConfig(attention="location"), "source_length": 16},
    "gru, scaled dot, local-p": {
        "encoder": RecurrentEncoderConfig(kind="gru"),
        "decoder": RecurrentDecoderConfig(kind="gru", attention="scaled_dot", alignment="local-p", window=2),
    },
    "lstm, input feeding, two layers": {
        "encoder": RecurrentEncoderConfig(layers=2),
        "decoder": RecurrentDecoderConfig(layers=2, input_feeding=True),
    },
    "Transformer": {"encoder": TransformerEncoderConfig(), "decoder": TransformerDecoderConfig()},
    "lstm that copies": {"copy": True},
    "Transformer that copies": {
        "encoder": TransformerEncoderConfig(),
        "decoder": TransformerDecoderConfig(),
        "copy": True,
    },
    "Transformer to gru": {"encoder": TransformerEncoderConfig(), "decoder": RecurrentDecoderConfig(kind="gru")},
}

missing = [name for name in ("tf2onnx", "onnx", "onnxruntime") if importlib.util.find_spec(name) is None]
needs_onnx = pytest.mark.skipif(bool(missing), reason=f"needs {', '.join(missing)}: pip install 'seq2edge[onnx]'")


@pytest.fixture(scope="module")
def folder(trained_run, tmp_path_factory):
    return export_onnx(trained_run, tmp_path_factory.mktemp("onnx") / "tiny.onnx")


@needs_onnx
@pytest.mark.parametrize("name", ARCHITECTURES)
def test_every_architecture_gives_the_logits_of_keras(name, tmp_path):
    keras.utils.set_random_seed(3)
    sizes = {"units": 32, "embedding": 24, "target_length": 12}
    model = build_seq2seq(Seq2SeqConfig(VOCABULARY, VOCABULARY, **sizes, **ARCHITECTURES[name]))
    write_graphs(model, tmp_path)
    onnx, reference = OnnxModel(tmp_path), KerasSequenceModel(model)
    for batch, length in ((1, 5), (1, 9), (3, 5), (3, 9)):
        check_steps(onnx, reference, sources(batch, length))
    check_shared_memory(onnx, sources(1, 9))
    unseen = sources(5, 9)
    for options in (DecodingOptions(max_length=12), DecodingOptions(beam=3, n_best=3, max_length=12)):
        said, found = ([[h.ids for h in best] for best in decode(one, unseen, options)] for one in (reference, onnx))
        assert found == said


def sources(batch, longest):
    rng = np.random.default_rng(batch)
    lengths = [longest, *rng.integers(2, longest, batch - 1)]
    ids = [np.array([*rng.integers(FIRST, VOCABULARY, length - 1), EOS], np.int32) for length in lengths]
    return [{"source_ids": row} for row in ids]


def check_steps(onnx, reference, encoded):
    """Compare three steps, each model with its own states."""
    rows = np.arange(len(encoded))
    looked = [(model, *model.encode(encoded)) for model in (onnx, reference)]
    for token in (BOS, 5, 6):
        outputs = [model.step(np.full(len(rows), token), memory, rows, states) for model, memory, states in looked]
        np.testing.assert_allclose(outputs[0].logits, outputs[1].logits, atol=1e-4)
        if outputs[1].attention is not None:
            length = outputs[0].attention.shape[1]
            np.testing.assert_allclose(outputs[0].attention, outputs[1].attention[:, :length], atol=1e-4)
        looked = [(m, memory, output.states) for (m, memory, _), output in zip(looked, outputs, strict=True)]


def check_shared_memory(onnx, encoded):
    """A memory of one row is shared by all rows."""
    memory, states = onnx.encode(encoded)
    states, rows = [np.repeat(state, 3, axis=0) for state in states], np.zeros(3, int)
    repeated = {name: np.repeat(values, 3, axis=0) for name, values in memory.items()}
    shared, own = (onnx.step(np.array([2, 5, 6]), looked, rows, states).logits for looked in (memory, repeated))
    np.testing.assert_allclose(shared, own, atol=1e-5)


@needs_onnx
def test_onnx_runtime_gives_the_answers_of_keras(folder, trained_run):
    assert verify_onnx(trained_run, folder) == {"greedy": 100, "beam": 100}


@needs_onnx
def test_the_onnx_folder_is_described_without_any_path(folder, tmp_path_factory):
    about = json.loads((folder / "onnx.json").read_text(encoding="utf-8"))
    assert sorted(path.name for path in folder.iterdir()) == sorted(["onnx.json", *about["files"]])
    assert about["states"] == {"state_0": "next_state_0", "state_1": "next_state_1"}
    assert about["special_ids"]["eos"] == EOS
    assert about["processors"] == {side: {"type": "text", "normalisation": "NFC"} for side in ("source", "target")}
    assert about["encoder"]["inputs"] == {"source_ids": {"shape": ["batch", "source_length"], "dtype": "int32"}}
    step = about["decoder_step"]
    assert step["inputs"]["memory"] == {"shape": ["memory_batch", "source_length", 64], "dtype": "float32"}
    assert (
        step["outputs"][NEXT + "state_0"] == step["inputs"]["state_0"] == {"shape": ["batch", 64], "dtype": "float32"}
    )
    assert not step["inputs"].keys() & step["outputs"].keys()
    base = str(tmp_path_factory.getbasetemp()).encode()
    assert not [path for path in folder.iterdir() if base in path.read_bytes()]


@needs_onnx
def test_the_example_gives_the_answers_of_the_runner(folder, trained_run):
    runner = trained_run.runner()
    for text in ("the red stone is here", "the quiet letter is here"):
        command = [sys.executable, EXAMPLE, folder, text]
        said = subprocess.run(command, capture_output=True, text=True, check=True).stdout
        assert said == f"{runner.run(text, beam=1).text}\n"


@needs_onnx
def test_a_failed_export_leaves_the_old_folder(folder, trained_run, monkeypatch):
    before = (folder / "onnx.json").read_bytes()
    with pytest.raises(UserError, match="already exists"):
        export_onnx(trained_run, folder)
    monkeypatch.setattr(onnx_model, "_about", lambda run: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        export_onnx(trained_run, folder, overwrite=True)
    assert (folder / "onnx.json").read_bytes() == before
    assert [path.name for path in folder.parent.iterdir()] == [folder.name]


def test_missing_packages_are_named_with_the_extra_to_install(trained_run, monkeypatch, tmp_path):
    for module in (onnx_model, onnx_runtime):
        monkeypatch.setattr(module, "installed", lambda name: False)
    with pytest.raises(UserError) as error:
        export_onnx(trained_run, tmp_path / "tiny.onnx")
    assert str(error.value) == "export to ONNX needs tf2onnx and onnx; pip install 'seq2edge[onnx]'"
    assert verify_onnx(trained_run, tmp_path) is None
