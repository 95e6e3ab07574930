import numpy as np
import pytest
from ai_edge_litert.interpreter import Interpreter

from seq2edge.device.bundle import read_bundle
from seq2edge.device.errors import UserError
from seq2edge.device.runners.load import load_runner
from seq2edge.export.bundle import export_bundle
from seq2edge.export.options import ExportOptions
from seq2edge.export.tflite.flatbuffer import constants, pack, parse
from seq2edge.export.tflite.keep_float import int8_weights, keep_float
from seq2edge.export.weights import trained_weights


def content(bundles, quantization):
    return (bundles / quantization / "model.tflite").read_bytes()


def test_all_weights_kept_in_float_give_the_float32_file(bundles, trained_run):
    weights = trained_weights(trained_run.model())
    model = parse(content(bundles, "int8"))
    stored = int8_weights(model, weights)
    assert len(stored) >= 5
    keep_float(model, {name: weights[name] for name in stored})
    packed = pack(model)
    assert "int8" not in constants(parse(packed))
    ids = np.array([[20, 21, 22, 3]], np.int32)
    for signature in ("encode", "generate"):
        back, float32, int8 = (
            Interpreter(model_content=file).get_signature_runner(signature)(source_ids=ids)
            for file in (packed, content(bundles, "none"), content(bundles, "int8"))
        )
        key = "memory" if signature == "encode" else "log_probs"
        np.testing.assert_allclose(back[key], float32[key], atol=1e-4)
        assert np.abs(int8[key] - float32[key]).max() > 1e-4


def test_a_weight_kept_in_float_is_listed_and_makes_the_file_larger(bundles, trained_run, tmp_path):
    kept = "target_embedding/embeddings"
    bundle = export_bundle(trained_run, tmp_path / "bundle", ExportOptions(keep_float=(kept,)), lambda line: None)
    all_int8 = read_bundle(bundles / "int8")
    grown = bundle.manifest.files["model.tflite"]["bytes"] - all_int8.manifest.files["model.tflite"]["bytes"]
    size = np.prod(next(weight["shape"] for weight in bundle.manifest.weights if weight["name"] == kept))
    assert grown == pytest.approx(3 * size, rel=0.05)
    assert read_bundle(tmp_path / "bundle").manifest.kept_float == [kept]
    assert all_int8.manifest.kept_float == []
    assert load_runner(tmp_path / "bundle").run("the red stone is here", beam=3).text


@pytest.mark.parametrize(
    ("name", "quantization", "message"),
    [
        ("target_embeding", "int8", "target_embeding: the model has no such weight; nearest are .*target_embedding"),
        ("target_embedding/embeddings", "float16", "must be empty unless quantization is int8"),
    ],
)
def test_weights_that_cannot_stay_float_are_refused(trained_run, tmp_path, name, quantization, message):
    with pytest.raises(UserError, match=message):
        export_bundle(trained_run, tmp_path / "bundle", ExportOptions(quantization, keep_float=(name,)))
    assert not (tmp_path / "bundle").exists()


def test_a_weight_that_is_not_stored_in_int8_cannot_be_put_back(bundles, trained_run):
    bias = "decoder/layer_0/cell/bias"
    with pytest.raises(UserError, match=f"{bias}: the file has no such weight in int8"):
        keep_float(parse(content(bundles, "int8")), {bias: trained_weights(trained_run.model())[bias]})
