import json
from pathlib import Path

import pytest
from jsonschema import Draft202012Validator

from seq2edge.device.manifests.classification import ClassificationManifest
from seq2edge.device.manifests.common import CHECKSUM
from seq2edge.device.manifests.seq2seq import Seq2SeqManifest
from seq2edge.export.schema import manifest_schema

FILE = Path(__file__).parents[2] / "docs" / "bundle.schema.json"
COMMAND = "python -m seq2edge.export.schema > docs/bundle.schema.json"


@pytest.fixture(scope="module")
def validator():
    schema = json.loads(FILE.read_text(encoding="utf-8"))
    Draft202012Validator.check_schema(schema)
    return Draft202012Validator(schema)


@pytest.fixture(scope="module")
def manifest(bundles):
    return json.loads((bundles / "int8" / "bundle.json").read_text(encoding="utf-8"))


def test_the_published_schema_equals_that_of_the_code():
    assert json.loads(FILE.read_text(encoding="utf-8")) == manifest_schema(), f"write it again: {COMMAND}"


def test_every_field_is_described():
    for manifest in (Seq2SeqManifest, ClassificationManifest):
        fields = manifest_schema()["$defs"][manifest.__name__]["properties"]
        assert [name for name, field in fields.items() if not field.get("description")] == []


@pytest.mark.parametrize("quantization", ["none", "float16", "int8"])
def test_a_bundle_fits_the_published_schema(bundles, validator, quantization):
    values = json.loads((bundles / quantization / "bundle.json").read_text(encoding="utf-8"))
    assert [error.message for error in validator.iter_errors(values)] == []


@pytest.mark.parametrize("name", ["none", "int8", "web"])
def test_a_classifier_fits_the_published_schema(classifier_bundles, validator, name):
    values = json.loads((classifier_bundles / name / "bundle.json").read_text(encoding="utf-8"))
    assert [error.message for error in validator.iter_errors(values)] == []
    assert not validator.is_valid(values | {"classes": []})
    assert not validator.is_valid(values | {"beam_sizes": [1], "task": "translation"})


def test_a_manifest_may_lack_languages_and_have_new_fields(manifest, validator):
    assert validator.is_valid({key: value for key, value in manifest.items() if key != "languages"} | {"new": 1})
    assert not validator.is_valid({key: value for key, value in manifest.items() if key != CHECKSUM})


@pytest.mark.parametrize(
    "values",
    [
        {"schema_version": 4},
        {"beam_sizes": []},
        {"beam_sizes": [65]},
        {"source_length": 0},
        {"languages": ["english", "de"]},
        {"special_ids": {"pad": 0, "unk": 1, "bos": 2, "eos": 4}},
        {"processors": {"source": {"type": "text", "normalisation": "NFD"}}},
        {"states": [{"name": "state_0"}]},
        {"decoding": {"beam": 1, "length_penalty": 0.6, "max_length": 24, "unknown": 1}},
        {"files": {"model.tflite": {"sha256": "0", "bytes": 1}}},
    ],
)
def test_the_schema_refuses_the_same_manifests_as_the_reader(manifest, validator, values):
    assert not validator.is_valid(manifest | values)
