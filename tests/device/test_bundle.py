import json
import shutil

import pytest

from seq2edge.device.bundle import read_bundle
from seq2edge.device.errors import UserError


@pytest.fixture
def bundle(bundles, tmp_path):
    """A copy that may be damaged."""
    return shutil.copytree(bundles / "int8", tmp_path / "bundle")


def change(bundle, **values):
    manifest = bundle / "bundle.json"
    manifest.write_text(json.dumps(json.loads(manifest.read_text()) | values))


def test_a_whole_bundle_says_what_it_is(bundle):
    found = read_bundle(bundle)
    assert (found.name, found.quantization, found.batches) == ("tiny", "int8", [1, 5])
    steps = {"decode_step_1", "decode_step_5", "decode_step_1_top", "decode_step_5_top"}
    assert steps | {"encode", "generate"} == set(found.signatures)


def test_a_folder_without_a_manifest_is_no_bundle(tmp_path):
    with pytest.raises(UserError, match=r"not a bundle, bundle\.json is missing"):
        read_bundle(tmp_path)


def test_a_missing_file_is_named(bundle):
    (bundle / "model.tflite").unlink()
    with pytest.raises(UserError, match=r"model\.tflite: missing"):
        read_bundle(bundle)


def test_an_altered_file_is_named(bundle):
    content = bytearray((bundle / "model.tflite").read_bytes())
    content[1000] ^= 1
    (bundle / "model.tflite").write_bytes(content)
    with pytest.raises(UserError, match=r"model\.tflite: altered"):
        read_bundle(bundle)


def test_a_cut_file_is_named_with_its_size(bundle):
    content = (bundle / "tokenizer.model").read_bytes()
    (bundle / "tokenizer.model").write_bytes(content[:100])
    with pytest.raises(UserError, match=r"tokenizer\.model: 100 bytes"):
        read_bundle(bundle)


def test_a_newer_schema_asks_for_an_upgrade(bundle):
    change(bundle, schema_version=2)
    with pytest.raises(UserError, match="schema version 2, this seq2edge reads up to 1; upgrade"):
        read_bundle(bundle)


def test_nothing_outside_the_folder_is_read(bundle):
    files = json.loads((bundle / "bundle.json").read_text())["files"]
    change(bundle, files=files | {"../secret": {"sha256": "0" * 64, "bytes": 1}})
    with pytest.raises(UserError, match="not inside the bundle"):
        read_bundle(bundle)


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ({"batches": []}, "positive whole numbers"),
        ({"batches": ["1"]}, "positive whole numbers"),
        ({"source_length": -3}, "positive whole numbers"),
        ({"normalisation": "NFD"}, "allowed are NFC and NFKC"),
        ({"files": []}, "files is"),
        ({"states": [{"name": "state_0"}]}, "damaged"),
        ({"files": {}}, r"names no model\.tflite"),
    ],
)
def test_wrong_fields_are_said(bundle, values, message):
    change(bundle, **values)
    with pytest.raises(UserError, match=message):
        read_bundle(bundle)


@pytest.mark.parametrize("content", ["", "{", "[]", "null", '{"schema_version": 1}', "[" * 100_000])
def test_a_damaged_manifest_is_said(bundle, content):
    (bundle / "bundle.json").write_text(content)
    with pytest.raises(UserError, match=r"bundle\.json"):
        read_bundle(bundle)
