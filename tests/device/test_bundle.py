import json
import shutil

import pytest

from seq2edge.device.bundle import read_bundle
from seq2edge.device.errors import UserError


@pytest.fixture
def bundle(bundles, tmp_path):
    """A copy that may be damaged."""
    return shutil.copytree(bundles / "int8", tmp_path / "bundle")


def test_a_whole_bundle_says_what_it_is(bundle):
    found = read_bundle(bundle)
    assert (found.name, found.quantization, found.beam_sizes) == ("tiny", "int8", [1, 5])
    assert {"encode", "decode_step_1", "decode_step_5", "generate"} == set(found.signatures)


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


@pytest.mark.parametrize(
    ("version", "todo"), [(4, "upgrade seq2edge"), (2, "export the run again: seq2edge export RUN"), (True, "upgrade")]
)
def test_another_schema_says_what_to_do(bundle, change_manifest, version, todo):
    change_manifest(bundle, schema_version=version)
    with pytest.raises(UserError, match=f"schema version {version}, this seq2edge reads 3; {todo}"):
        read_bundle(bundle)


def test_an_altered_manifest_is_said(bundle):
    manifest = bundle / "bundle.json"
    manifest.write_text(manifest.read_text().replace('"target_length": 24', '"target_length": 25'))
    with pytest.raises(UserError, match=r"bundle\.json: altered"):
        read_bundle(bundle)


def test_nothing_outside_the_folder_is_read(bundle, change_manifest):
    files = json.loads((bundle / "bundle.json").read_text())["files"]
    change_manifest(bundle, files=files | {"../secret": {"sha256": "0" * 64, "bytes": 1}})
    with pytest.raises(UserError, match="not inside the bundle"):
        read_bundle(bundle)


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ({"beam_sizes": []}, "positive whole numbers"),
        ({"beam_sizes": ["1"]}, r"beam_sizes is .*expected list\[int\]"),
        ({"source_length": -3}, "positive whole numbers"),
        ({"normalisation": "NFD"}, "allowed are NFC and NFKC"),
        ({"files": []}, "files is"),
        ({"decoding": {"beam": "5"}}, "decoding is .*expected Decoding"),
        (
            {"decoding": {"beam": 9, "length_penalty": -1, "max_length": 99}},
            "above the target_length, 24; decoding.beam is 9",
        ),
        ({"decoding": {"beam": 5, "length_penalty": -1, "max_length": 20}}, "decoding: length_penalty is -1"),
        ({"signatures": {}}, "no signature decode_step_1, decode_step_5, encode, generate"),
        ({"task": "poetry"}, "task is 'poetry', this seq2edge knows chat, translation"),
        ({"quantization": "int3"}, "allowed are none, float16, int8"),
        ({"states": [{"name": "state_0"}]}, "damaged"),
        ({"files": {}}, r"names no model\.tflite"),
    ],
)
def test_wrong_fields_are_said(bundle, change_manifest, values, message):
    change_manifest(bundle, **values)
    with pytest.raises(UserError, match=message):
        read_bundle(bundle)


@pytest.mark.parametrize("content", ["", "{", "[]", "null", '{"schema_version": 1}', "[" * 100_000])
def test_a_damaged_manifest_is_said(bundle, content):
    (bundle / "bundle.json").write_text(content)
    with pytest.raises(UserError, match=r"bundle\.json"):
        read_bundle(bundle)
