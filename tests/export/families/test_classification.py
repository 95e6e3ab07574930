"""Exports of classifiers."""

import dataclasses
import json
import re
import shutil
import subprocess
import sys

import numpy as np
import pytest

from seq2edge.cli.main import main
from seq2edge.device.bundle import read_bundle
from seq2edge.device.errors import UserError
from seq2edge.device.runners.load import load_runner
from seq2edge.export.bundle import export_bundle
from seq2edge.export.card import summary
from seq2edge.export.comparison import compare, table
from seq2edge.export.families.classification import calibrated_temperature
from seq2edge.export.onnx_model import export_onnx
from seq2edge.export.options import ExportOptions
from seq2edge.export.saved_model import export_saved_model, verify_saved_model
from seq2edge.export.tflite.compiled import CompiledSignature
from seq2edge.export.tflite.sensitivity import suggest_float
from seq2edge.pipeline.run import Run

TEXT = "the red stone is here"


def manifest(bundles, name):
    return read_bundle(bundles / name).manifest


def test_a_bundle_gives_the_labels_of_keras(classifier_bundles, classifier_run):
    sources = [pair.source for pair in classifier_run.data.texts("test")]
    expected = classifier_run.runner().run_all(sources)
    for name in ("none", "int8", "web"):
        found = load_runner(classifier_bundles / name).run_all(sources)
        assert [result.text for result in found] == [result.text for result in expected]


def test_float32_is_identical_to_keras_and_int8_nearly(classifier_bundles):
    for name, largest in (("none", 1e-4), ("int8", 0.5)):
        agreement = manifest(classifier_bundles, name).scores["agreement_with_keras"]
        assert agreement["identical"] == 100
        assert agreement["largest_logit_difference"] < largest


def test_the_manifest_has_the_classes_and_the_shapes(classifier_bundles, classifier_run):
    found = manifest(classifier_bundles, "int8")
    assert found.classes == classifier_run.data.labels
    assert found.signatures == {
        "classify": {
            "inputs": {"source_ids": {"shape": [1, -1], "dtype": "int32"}},
            "outputs": {
                "attention": {"shape": [1, -1], "dtype": "float32"},
                "logits": {"shape": [1, len(found.classes)], "dtype": "float32"},
            },
        }
    }


def test_a_bundle_gives_the_attention_over_the_tokens_of_a_source(classifier_bundles):
    (part,) = load_runner(classifier_bundles / "none").run(TEXT).parts
    assert part.attention.sum() == pytest.approx(1, abs=1e-3)
    assert part.attention.shape == (1, len(part.source_tokens))


def test_int8_is_smaller(classifier_bundles):
    sizes = [manifest(classifier_bundles, name).files["model.tflite"]["bytes"] for name in ("none", "int8")]
    assert sizes[1] < 0.6 * sizes[0]


def test_confidence_is_the_share_of_right_answers_on_validation_data(classifier_run, tmp_path):
    """A third of the labels is wrong, so that the model is overconfident."""
    shutil.copytree(classifier_run.path, tmp_path / "run")
    run = Run.open(tmp_path / "run")
    rows = [{"source": pair.source, "target": pair.target} for pair in run.data.texts("valid")]
    for row in rows[::3]:
        row["target"] = next(label for label in run.data.labels if label != row["target"])
    lines = [json.dumps(row, ensure_ascii=False) + "\n" for row in rows]
    (run.data.path / "valid.jsonl").write_text("".join(lines), encoding="utf-8")

    temperature = calibrated_temperature(run, run.model())
    before, after = run.runner(), run.runner()
    after.manifest = dataclasses.replace(after.manifest, temperature=temperature)
    sure, calibrated = (
        np.mean([result.confidence for result in runner.run_all([row["source"] for row in rows])])
        for runner in (before, after)
    )
    right = np.mean([after.run(row["source"]).text == row["target"] for row in rows])
    assert temperature > 1
    assert abs(calibrated - right) < 0.12 < abs(sure - right)


def test_the_temperature_is_exported_and_used(classifier_bundles, classifier_run):
    found = manifest(classifier_bundles, "none")
    assert found.temperature == calibrated_temperature(classifier_run, classifier_run.model()) != 1
    runner = load_runner(classifier_bundles / "none")
    (output,) = runner.model.classify([runner.processor(TEXT)])
    scaled = np.exp((output.logits - output.logits.max()) / found.temperature)
    assert runner.run(TEXT).confidence == pytest.approx(scaled.max() / scaled.sum(), abs=1e-6)


def test_a_web_bundle_has_fixed_lengths_and_was_verified(classifier_bundles):
    found = manifest(classifier_bundles, "web")
    assert sorted(found.signatures) == ["classify", "classify_s16", "classify_s24"]
    assert found.signatures["classify_s16"]["inputs"]["source_ids"]["shape"] == [1, 16]
    assert [name.split(" 2.")[0] for name in found.verified_on] == ["LiteRT", "LiteRT CompiledModel"]
    assert found.scores["agreement_with_keras"]["fixed_lengths_identical"] == 100


def test_a_file_that_gives_other_labels_in_a_browser_is_refused(classifier_run, tmp_path, monkeypatch):
    call = CompiledSignature.__call__

    def garbage(self, **inputs):
        return {name: np.roll(value, 1) for name, value in call(self, **inputs).items()}

    monkeypatch.setattr(CompiledSignature, "__call__", garbage)
    with pytest.raises(UserError, match=r"CompiledModel .* differs from LiteRT's Interpreter on 100\.0 %"):
        export_bundle(classifier_run, tmp_path / "bundle", ExportOptions(runtimes=("web",)), lambda line: None)
    assert not (tmp_path / "bundle").exists()


def test_a_float32_file_with_other_labels_is_refused(classifier_run, tmp_path, monkeypatch):
    path = "seq2edge.export.families.classifier_comparison._same_label"
    monkeypatch.setattr(path, lambda expected, found: 96.0)
    with pytest.raises(UserError, match=r"the float32 file differs from Keras on 4\.0 % of \d+ sentences"):
        export_bundle(classifier_run, tmp_path / "bundle", ExportOptions("none"), lambda line: None)


def test_a_loss_of_accuracy_is_refused(classifier_run, tmp_path, monkeypatch):
    path = "seq2edge.export.families.classifier_comparison.ClassifierComparison.bundle_answers"
    monkeypatch.setattr(path, lambda self: ["red"] * len(self.sources))
    with pytest.raises(UserError, match=r"int8 loses .* of Keras' .* accuracy over \d+ test sentences"):
        export_bundle(classifier_run, tmp_path / "bundle", ExportOptions(max_score_loss=1.0), lambda line: None)


def test_options_of_other_models_are_refused(classifier_run, tmp_path, capsys):
    with pytest.raises(UserError) as error:
        export_bundle(classifier_run, tmp_path / "bundle", ExportOptions(shortlist=50))
    assert str(error.value) == (
        "shortlist: not an option for a model of the task classification; its options are quantization, runtimes, "
        "max_score_loss, keep_float, overwrite"
    )
    for export in (lambda run: export_onnx(run, tmp_path / "onnx"), suggest_float):
        with pytest.raises(
            UserError, match="not for a model of the task classification; its exports are bundles and --sav"
        ):
            export(classifier_run)
    assert main(["export", str(classifier_run.path), "--onnx"]) == 2
    assert capsys.readouterr().err.splitlines()[-1] == (
        "seq2edge: --onnx: not for a model of the task classification; its exports are bundles and --saved-model"
    )
    assert list(tmp_path.iterdir()) == []


def test_card_summary_and_info_describe_a_classifier(classifier_bundles, capsys):
    bundle = read_bundle(classifier_bundles / "int8")
    card = (bundle.path / "README.md").read_text(encoding="utf-8")
    assert "| system | accuracy % | macro F1 % |" in card
    assert "- languages: en\n" in card
    assert "- classes: blue, cold, fast, green" in card
    assert "search" not in card
    assert re.search(r", accuracy [\d.]+ %, macro F1 [\d.]+ % \(Keras [\d.]+ %, [\d.]+ %\), 100.0 % ", summary(bundle))
    assert main(["info", str(bundle.path)]) == 0
    shown = capsys.readouterr().out
    assert "\nclasses       blue, cold" in shown
    assert "\nbundle        accuracy " in shown
    assert "classify: source_ids int32(1, -1) → attention float32(1, -1), logits float32(1, 12)" in shown


def test_weights_can_stay_float32(classifier_run, tmp_path):
    kept = "source_embedding/embeddings"
    options = ExportOptions(keep_float=(kept,))
    bundle = export_bundle(classifier_run, tmp_path / "bundle", options, lambda line: None)
    assert bundle.manifest.kept_float == [kept]


def test_classifiers_are_compared_by_time_per_sentence(classifier_run):
    (row,) = compare([classifier_run], quiet=True)
    assert (row.unit, row.score) == ("sentence", "accuracy")
    assert row.ms > 0
    assert "ms/sentence" in table([row])


ASK = """
import json, sys
import tensorflow as tf
import tensorflow_text
function = tf.saved_model.load(sys.argv[1]).signatures["serving_default"]
answer = function(text=tf.constant(["the red stone is here", "blue"]))
print(json.dumps({
    "label": [text.decode() for text in answer["label"].numpy()],
    "labels": [[text.decode() for text in row] for row in answer["labels"].numpy()],
    "probabilities": answer["probabilities"].numpy().tolist(),
}))
"""


@pytest.mark.slow
def test_the_saved_model_returns_labels_with_calibrated_probabilities(classifier_run, classifier_bundles, tmp_path):
    path = export_saved_model(classifier_run, tmp_path / "colours.saved_model")
    assert verify_saved_model(classifier_run, path) == {"serving_default": 100}
    answer = json.loads(
        subprocess.run([sys.executable, "-c", ASK, path], capture_output=True, text=True, check=True).stdout
    )
    expected = load_runner(classifier_bundles / "none").run(TEXT, n_best=12)
    assert answer["label"][0] == answer["labels"][0][0] == expected.text
    assert sorted(answer["labels"][0]) == classifier_run.data.labels
    assert answer["probabilities"][0][0] == pytest.approx(expected.confidence, abs=1e-4)
    assert sum(answer["probabilities"][1]) == pytest.approx(1, abs=1e-4)
