"""Test vectors of both families."""

import json
import shutil

import pytest

from seq2edge.cli.main import main
from seq2edge.device.bundle import read_bundle
from seq2edge.device.vectors.check import FILE, check_vectors, read_vectors


@pytest.fixture(params=["bundles", "classifier_bundles"])
def folder(request):
    """The bundles of a family."""
    return request.getfixturevalue(request.param)


@pytest.mark.parametrize("quantization", ["none", "int8"])
def test_a_bundle_repeats_its_vectors(folder, quantization):
    result = check_vectors(folder / quantization)
    assert result["passed"]
    assert result["same"] == result["vectors"] == len(read_vectors(read_bundle(folder / quantization))) == 6
    assert result["largest_logit_difference"] < 1e-3
    assert result["runtime"].startswith("LiteRT ")


def alter_text(vector):
    vector["text"] = "the blue river"


def alter_ids(vector):
    vector["source_ids"] = vector["source_ids"][1:]


def alter_answer(vector):
    vector |= {"label": "none"} if "label" in vector else {"target_ids": [*vector["target_ids"], 5]}


def alter_logits(vector):
    logits = vector["logits"][0] if "target_ids" in vector else vector["logits"]
    logits[3] += 0.1


@pytest.mark.parametrize("alter", [alter_text, alter_ids, alter_answer, alter_logits])
def test_altered_vectors_are_found(folder, tmp_path, replace_file, alter, capsys):
    bundle = shutil.copytree(folder / "none", tmp_path / "bundle")
    content = json.loads((bundle / FILE).read_text(encoding="utf-8"))
    alter(content["vectors"][2])
    replace_file(bundle, FILE, json.dumps(content).encode())
    result = check_vectors(bundle)
    assert not result["passed"]
    assert result["same"] == (6 if alter is alter_logits else 5)
    assert main(["verify", str(bundle)]) == 1
    assert capsys.readouterr().out.splitlines()[-1].startswith("FAILED")


def test_a_vector_of_a_classifier_has_what_a_port_reproduces(classifier_bundles):
    bundle = read_bundle(classifier_bundles / "none")
    for vector in read_vectors(bundle):
        assert list(vector) == ["text", "source_ids", "label", "logits"]
        assert vector["label"] in bundle.manifest.classes
        assert vector["source_ids"][-1] == bundle.manifest.special_ids["eos"]
        assert len(vector["logits"]) == 8
