import json

import numpy as np
import pytest

from seq2edge.device.errors import UserError
from seq2edge.device.processors.interface import source_length
from seq2edge.device.runners.load import load_runner
from seq2edge.export.bundle import export_bundle
from seq2edge.export.options import ExportOptions
from seq2edge.export.tflite.compiled import CompiledSignature
from seq2edge.export.tflite.runtimes import fixed_lengths


@pytest.fixture(scope="module")
def web_bundle(trained_run, tmp_path_factory):
    path = tmp_path_factory.mktemp("web") / "bundle"
    options = ExportOptions(runtimes=("litert", "tflite-2.14", "web"))
    export_bundle(trained_run, path, options, lambda line: None)
    return path


def test_a_web_bundle_has_signatures_of_fixed_shapes(web_bundle):
    manifest = json.loads((web_bundle / "bundle.json").read_text(encoding="utf-8"))
    signatures = manifest["signatures"]
    assert manifest["fixed_lengths"] == [16, 24]
    fixed = {name: specs for name, specs in signatures.items() if name.endswith(("_s16", "_s24"))}
    names = ["decode_step_1", "decode_step_5", "encode", "generate"]
    assert sorted(fixed) == sorted(f"{name}_s{length}" for name in names for length in (16, 24))
    shapes = [details["shape"] for specs in fixed.values() for side in specs.values() for details in side.values()]
    assert not [shape for shape in shapes if -1 in shape]
    assert signatures["encode"]["inputs"]["source_ids"]["shape"] == [1, -1]


def test_a_web_bundle_lists_the_runtimes_it_was_verified_on(web_bundle):
    values = json.loads((web_bundle / "bundle.json").read_text(encoding="utf-8"))
    assert values["runtimes"] == ["litert", "tflite-2.14", "web"]
    assert [name.split(" 2.")[0] for name in values["verified_on"]] == ["LiteRT", "LiteRT CompiledModel"]
    assert values["scores"]["agreement_with_keras"]["fixed_lengths_identical"] >= 95


def test_the_smallest_fitting_length_gives_the_same_answer(web_bundle, bundles, monkeypatch):
    runner, other = load_runner(web_bundle), load_runner(bundles / "int8")
    asked = []
    run = runner.model.file.run
    monkeypatch.setattr(runner.model.file, "run", lambda name, **inputs: (asked.append(name), run(name, **inputs))[1])
    short, long = "the red stone is here", "the red stone is here and the blue bird is here"
    assert source_length(runner.processor(short)) <= 16 < source_length(runner.processor(long)) <= 24
    for text, length in ((short, 16), (long, 24)):
        for beam in (1, 3):
            assert runner.run(text, beam=beam).text == other.run(text, beam=beam).text
            assert {name.rpartition("_s")[2] for name in asked} == {str(length)}
            asked.clear()


@pytest.mark.slow
def test_a_file_with_other_answers_in_a_browser_is_refused(trained_run, tmp_path, monkeypatch):
    call = CompiledSignature.__call__

    def garbage(self, **inputs):
        return {name: np.zeros_like(value) for name, value in call(self, **inputs).items()}

    monkeypatch.setattr(CompiledSignature, "__call__", garbage)
    with pytest.raises(UserError, match=r"CompiledModel .* differs from LiteRT's Interpreter on 100\.0 %"):
        export_bundle(trained_run, tmp_path / "bundle", ExportOptions(runtimes=("web",)), lambda line: None)
    assert not (tmp_path / "bundle").exists()


@pytest.mark.parametrize(
    ("named", "runtimes", "longest", "lengths"),
    [
        ([], ["litert"], 64, []),
        ([32], ["litert"], 64, [32]),
        ([], ["litert", "web"], 64, [16, 32, 64]),
        ([], ["web"], 100, [16, 32, 64, 100]),
        ([20], ["web"], 48, [20, 48]),
        ([], ["web"], 12, [12]),
    ],
)
def test_fixed_lengths_cover_every_source(named, runtimes, longest, lengths):
    assert fixed_lengths(named, runtimes, longest) == lengths
