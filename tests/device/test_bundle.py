import json
import shutil

import pytest

from seq2edge.cli.main import main
from seq2edge.device.bundle import read_bundle
from seq2edge.device.errors import UserError


@pytest.fixture
def bundle(bundles, tmp_path):
    """A copy of a bundle that tests may damage."""
    return shutil.copytree(bundles / "int8", tmp_path / "bundle")


def test_a_whole_bundle_says_what_it_is(bundle):
    found = read_bundle(bundle).manifest
    assert (found.name, found.quantization, found.beam_sizes) == ("tiny", "int8", [1, 5])
    assert {"encode", "decode_step_1", "decode_step_5", "generate"} == set(found.signatures)


def test_a_bundle_is_pinned_by_its_digest(shipped, capsys):
    assert read_bundle(shipped.path, sha256=shipped.digest.upper()).digest == shipped.digest
    for command in ("run", "verify", "info", "bench", "serve"):
        texts = [str(shipped.path), "hi"] if command == "run" else [str(shipped.path)]
        assert main([command, *texts, "--sha256", "0" * 64]) == 2
        assert f"not the expected bundle; the sha256 of its bundle.json is {shipped.digest}" in (
            capsys.readouterr().err
        )
    assert main(["info", str(shipped.path)]) == 0
    assert f"sha256        {shipped.digest}\n" in capsys.readouterr().out
    with pytest.raises(UserError, match="sha256 is 'x', expected 64 hexadecimal digits"):
        read_bundle(shipped.path, sha256="x")


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
        ({"beam_sizes": []}, r"beam_sizes is \[\], expected a list that is not empty"),
        ({"beam_sizes": ["1"]}, r'beam_sizes\[0\] is "1", expected a whole number from 1 to 64$'),
        ({"source_length": -3}, "source_length is -3, expected a whole number from 1 to 32,768"),
        ({"target_length": 1 << 40}, "target_length is 1099511627776, expected a whole number from 1"),
        ({"processors": {"source": {"type": "text", "normalisation": "NFD"}}}, '"NFD", expected "NFC" or'),
        ({"processors": {}}, r"processors\.source is missing, expected an object"),
        ({"files": []}, r"files is \[\], expected an object"),
        ({"decoding": {"beam": "5"}}, "length_penalty is missing.*; decoding.max_length is .*; decoding.beam is"),
        (
            {"decoding": {"beam": 9, "length_penalty": 1, "max_length": 99}},
            "above the target_length, 24; decoding.beam is 9",
        ),
        ({"decoding": {"beam": 5, "length_penalty": -1, "max_length": 20}}, "decoding.length_penalty is -1, expected"),
        ({"signatures": {}}, "no signature decode_step_1, decode_step_5, encode, generate"),
        ({"task": "poetry"}, "task is 'poetry', this seq2edge knows chat, translation"),
        ({"fixed_lengths": [16]}, "no signature decode_step_1_s16, decode_step_5_s16, encode_s16, generate_s16"),
        ({"quantization": "int3"}, 'quantization is "int3", expected "none" or "float16" or "int8"'),
        ({"states": [{"name": "state_0"}]}, r"states\[0\]\.dtype is missing, expected text"),
        ({"languages": ["english", "de"]}, r'languages\[0\] is "english", expected text like en or pt-BR'),
        ({"languages": ["en"]}, r'languages is \["en"\], expected a code for source and target, or none'),
        ({"special_ids": {"pad": 0, "unk": 1, "bos": 2, "eos": 9}}, "special_ids.eos is 9, expected 3"),
        ({"special_ids": {"pad": 0, "unk": 1, "bos": 2, "eos": 3, "mask": 999}}, "special_ids.mask is 999, .* 370"),
        ({"beam_sizes": [0] * 9}, r"beam_sizes\[4\] is 0, [^;]*; 4 more$"),
        ({"files": {}}, r"does not list model\.tflite"),
    ],
)
def test_wrong_fields_are_said(bundle, change_manifest, values, message):
    change_manifest(bundle, **values)
    with pytest.raises(UserError, match=message):
        read_bundle(bundle)


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ({"classes": ["red"] * 12}, "classes has the same name twice, expected different names"),
        ({"classes": ["red", "blue"]}, r"2 names, expected one for each logit of classify, shape \[1, 12\]"),
        ({"classes": []}, r"classes is \[\], expected a list that is not empty"),
        ({"signatures": {}}, "there is no signature classify"),
        ({"fixed_lengths": [16]}, "there is no signature classify_s16"),
        ({"temperature": 0}, "temperature is 0, expected"),
        ({"languages": ["en", "de"]}, "expected a code for source, or none"),
        ({"task": "translation"}, "target_length is missing"),
    ],
)
def test_wrong_fields_of_a_classifier_are_said(classifier_bundles, tmp_path, change_manifest, values, message):
    bundle = shutil.copytree(classifier_bundles / "int8", tmp_path / "classifier")
    change_manifest(bundle, **values)
    with pytest.raises(UserError, match=message):
        read_bundle(bundle)


def test_a_tokenizer_may_have_more_special_tokens(bundle, change_manifest):
    ids = {"pad": 0, "unk": 1, "bos": 2, "eos": 3, "mask": 4, "cls": 5, "sep": 6}
    change_manifest(bundle, special_ids=ids)
    assert read_bundle(bundle).manifest.special_ids == ids


def test_languages_are_optional(bundle, change_manifest):
    assert read_bundle(bundle).manifest.languages == []
    change_manifest(bundle, languages=["en", "pt-BR"])
    assert read_bundle(bundle).manifest.languages == ["en", "pt-BR"]


@pytest.mark.parametrize("content", ["", "{", "[]", "null", '{"schema_version": 1}', "[" * 100_000])
def test_a_damaged_manifest_is_said(bundle, content):
    (bundle / "bundle.json").write_text(content)
    with pytest.raises(UserError, match=r"bundle\.json"):
        read_bundle(bundle)
