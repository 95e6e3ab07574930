import json

import numpy as np
import pytest

from seq2edge.device.errors import UserError
from seq2edge.device.runners.load import load_runner
from seq2edge.export.bundle import export_bundle
from seq2edge.export.options import ExportOptions
from seq2edge.pipeline.training.options import TrainOptions
from seq2edge.pipeline.training.trainer import train


def manifest(bundles, quantization):
    return json.loads((bundles / quantization / "bundle.json").read_text(encoding="utf-8"))


def test_float32_gives_the_same_ids_as_keras(bundles):
    agreement = manifest(bundles, "none")["scores"]["agreement_with_keras"]
    assert agreement["identical"] == 100
    assert agreement["generate_identical"] == 100
    assert agreement["beam_identical"] == 100
    assert agreement["largest_logit_difference"] < 1e-3


def test_an_ensemble_gives_the_same_replies_as_keras(ensemble_bundles, ensemble_run):
    agreement = manifest(ensemble_bundles, "none")["scores"]["agreement_with_keras"]
    assert {share for name, share in agreement.items() if name.endswith("identical")} == {100}
    values = manifest(ensemble_bundles, "int8")
    assert values["runtimes"] == ["litert", "tflite-2.14"]
    assert len(values["weights"]) == len(ensemble_run.model().training.weights)
    sources = ["the red stone is here", "the cold river is here"]
    for quantization in ("none", "int8"):
        runner = load_runner(ensemble_bundles / quantization)
        for beam in (1, 5):
            found = [result.text for result in runner.run_all(sources, beam=beam)]
            assert found == [result.text for result in ensemble_run.runner().run_all(sources, beam=beam)]


def test_int8_is_small_and_scores_like_keras(bundles):
    sizes = {q: manifest(bundles, q)["files"]["model.tflite"]["bytes"] for q in ("none", "float16", "int8")}
    assert sizes["int8"] < sizes["float16"] < sizes["none"]
    scores = manifest(bundles, "int8")["scores"]
    assert scores["bundle"]["exact_match"] >= scores["keras"]["exact_match"] - 10


def test_all_operators_are_built_in(bundles):
    names = [operator["name"] for operator in manifest(bundles, "int8")["operators"]]
    assert "FULLY_CONNECTED" in names
    assert not [name for name in names if name.startswith("Flex") or name == "CUSTOM"]


def test_the_card_states_the_score_and_no_file_contains_a_path(bundles, tmp_path_factory):
    folder = bundles / "int8"
    assert "exact match" in (folder / "README.md").read_text(encoding="utf-8")
    for path in folder.iterdir():
        assert str(tmp_path_factory.getbasetemp()).encode() not in path.read_bytes()


def test_the_bundle_contains_no_training_text(bundles, trained_run):
    texts = {text for pair in trained_run.data.texts("train") for text in (pair.source, pair.target)}
    assert len(texts) > 50
    vectors = json.loads((bundles / "none" / "vectors.json").read_text(encoding="utf-8"))["vectors"]
    texts -= {vector["target"] for vector in vectors}  # what the model writes for sentences of ours
    content = b"".join(path.read_bytes() for path in (bundles / "none").iterdir())
    assert not [text for text in texts if text.encode() in content]


def test_the_manifest_has_the_weights_that_were_trained(bundles, trained_run):
    weights = {weight["name"]: weight for weight in manifest(bundles, "int8")["weights"]}
    trained = trained_run.model().training.weights
    assert sorted(weights) == sorted(weight.path for weight in trained)
    for weight in trained:
        found = weights[weight.path]
        assert found["shape"] == list(weight.shape)
        assert sum(found["histogram"]) == np.size(weight)
        assert found["smallest"] <= np.min(weight) <= np.max(weight) <= found["largest"]


def test_the_manifest_has_the_script_of_the_sources(bundles, shipped):
    assert json.loads((bundles / "int8" / "bundle.json").read_text(encoding="utf-8"))["source_script"] == "Latin"
    assert shipped.manifest.source_script == ""  # Korean and English


def test_the_manifest_has_the_bytes_of_the_constants_by_type(bundles):
    sizes = {quantization: manifest(bundles, quantization)["constants"] for quantization in ("none", "int8")}
    assert 3.5 < sizes["none"]["float32"] / sizes["int8"]["int8"] < 4.5
    assert sizes["int8"]["float32"] < sizes["int8"]["int8"] / 5


def test_an_existing_bundle_is_not_overwritten(bundles, trained_run):
    before = (bundles / "int8" / "bundle.json").read_bytes()
    with pytest.raises(UserError, match="already exists"):
        export_bundle(trained_run, bundles / "int8")
    assert (bundles / "int8" / "bundle.json").read_bytes() == before


def test_a_failed_export_leaves_the_old_bundle(bundles, trained_run, monkeypatch):
    def fail(*arguments):
        raise UserError("no")

    before = (bundles / "int8" / "bundle.json").read_bytes()
    monkeypatch.setattr("seq2edge.export.bundle.verify_bundle", fail)
    with pytest.raises(UserError, match="no"):
        export_bundle(trained_run, bundles / "int8", ExportOptions(overwrite=True), lambda line: None)
    assert (bundles / "int8" / "bundle.json").read_bytes() == before
    assert sorted(path.name for path in bundles.iterdir()) == ["float16", "int8", "none"]


def test_a_transformer_bundle_scores_like_keras_and_lists_its_states(transformer_bundle):
    values = json.loads((transformer_bundle / "bundle.json").read_text(encoding="utf-8"))
    assert values["scores"]["keras"]["exact_match"] >= 60
    assert values["scores"]["bundle"]["exact_match"] >= values["scores"]["keras"]["exact_match"] - 10
    assert values["states"] == [
        {"name": "state_0", "dtype": "int32", "shape": [1, 1], "mutable": True},
        {"name": "state_1", "dtype": "float32", "shape": [1, 24, 128], "mutable": True},
    ]


def test_a_bundle_without_attention_runs_and_returns_none(tiny_recipe, pairs_file, tmp_path):
    recipe = tiny_recipe(epochs=2, settings=["model.decoder.attention=none", "model.encoder=gru"])
    run = train(recipe, tmp_path / "run", TrainOptions(recipe_folder=pairs_file.parent, quiet=True))
    export_bundle(run, tmp_path / "bundle", tell=lambda line: None)
    result = load_runner(tmp_path / "bundle").run("the red stone is here", beam=3)
    assert [part.attention for part in result.parts] == [None]
