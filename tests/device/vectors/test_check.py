"""Recording and checking test vectors of both families."""

import json
import os
import shutil

import pytest

from seq2edge.cli.main import main
from seq2edge.device.bundle import read_bundle
from seq2edge.device.vectors.check import FILE, check_vectors, read_vectors


@pytest.fixture(params=["bundles", "classifier_bundles"])
def folder(request):
    """Folder of the bundles of a family."""
    return request.getfixturevalue(request.param)


@pytest.mark.parametrize("quantization", ["none", "int8"])
def test_a_bundle_reproduces_its_vectors(folder, quantization):
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


def test_a_vector_of_a_classifier_has_the_values_that_a_port_compares(classifier_bundles):
    bundle = read_bundle(classifier_bundles / "none")
    for vector in read_vectors(bundle):
        assert list(vector) == ["text", "source_ids", "label", "logits"]
        assert vector["label"] in bundle.manifest.classes
        assert vector["source_ids"][-1] == bundle.manifest.special_ids["eos"]
        assert len(vector["logits"]) == 8


@pytest.fixture
def older(shipped, tmp_path, change_manifest):
    """A bundle whose manifest does not list its vectors."""
    bundle = shutil.copytree(shipped.path, tmp_path / "older")
    files = shipped.manifest.files
    change_manifest(bundle, files={name: file for name, file in files.items() if name != FILE})
    return bundle


def test_vectors_that_are_not_listed_by_an_older_bundle_are_read(older):
    assert check_vectors(older)["passed"]


@pytest.mark.parametrize(
    ("make", "said"),
    [
        (lambda path: path.symlink_to("/dev/zero"), " must be a regular file, got a symbolic link"),
        (lambda path: path.symlink_to("/etc/passwd"), " must be a regular file, got a symbolic link"),
        (os.mkfifo, ": not a regular file"),
        (lambda path: path.write_bytes(b" " * ((4 << 20) + 1)), ": larger than 4,194,304 bytes"),
        (lambda path: None, ": missing"),
    ],
)
def test_links_pipes_devices_and_huge_files_are_refused(older, make, said, capsys):
    (older / FILE).unlink()
    make(older / FILE)
    assert main(["verify", str(older)]) == 2
    assert f"{FILE}{said}" in capsys.readouterr().err


VECTOR = {"text": "a", "source_ids": [3], "target_ids": [5], "target": "a", "logits": [[1.0]]}


@pytest.mark.parametrize(
    "content",
    [
        [],
        {"vectors": 3},
        {"vectors": []},
        {"vectors": [3]},
        {"vectors": [{"text": 1}]},
        {"vectors": [VECTOR | {"logits": [[]]}]},
        {"vectors": [VECTOR | {"target_ids": [4500]}]},
        {"vectors": [VECTOR | {"logits": [[1.0]] * 41}]},
        {"vectors": [VECTOR] * 1001},
    ],
)
def test_malformed_vectors_are_refused_in_one_line(older, content, capsys):
    (older / FILE).write_text(json.dumps(content), encoding="utf-8")
    assert main(["verify", str(older)]) == 2
    assert "vectors.json: damaged: vectors" in capsys.readouterr().err
