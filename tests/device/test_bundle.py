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


def test_a_complete_bundle_can_be_read(bundle):
    found = read_bundle(bundle).manifest
    assert (found.name, found.quantization, found.beam_sizes) == ("tiny", "int8", [1, 5])
    assert {"encode", "decode_step_1", "decode_step_5", "generate"} == set(found.signatures)


def test_a_bundle_can_be_pinned_by_its_digest(shipped, capsys):
    assert read_bundle(shipped.path, sha256=shipped.digest.upper()).digest == shipped.digest
    for command in ("run", "verify", "info", "bench", "serve"):
        texts = [str(shipped.path), "hi"] if command == "run" else [str(shipped.path)]
        assert main([command, *texts, "--sha256", "0" * 64]) == 2
        assert f"not the expected bundle; the sha256 of its bundle.json is {shipped.digest}" in (
            capsys.readouterr().err
        )
    assert main(["info", str(shipped.path)]) == 0
    assert f"sha256        {shipped.digest}\n" in capsys.readouterr().out
    with pytest.raises(UserError, match=r"sha256 must be 64 hexadecimal digits, .*, got 'x'"):
        read_bundle(shipped.path, sha256="x")


def test_a_folder_without_a_manifest_is_refused(tmp_path):
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


def test_a_truncated_file_is_named_with_its_size(bundle):
    content = (bundle / "tokenizer.model").read_bytes()
    (bundle / "tokenizer.model").write_bytes(content[:100])
    with pytest.raises(UserError, match=r"tokenizer\.model: 100 bytes"):
        read_bundle(bundle)


@pytest.mark.parametrize(
    ("version", "todo"), [(4, "upgrade seq2edge"), (2, "export the run again: seq2edge export RUN"), (True, "upgrade")]
)
def test_another_schema_version_is_refused_with_a_remedy(bundle, change_manifest, version, todo):
    change_manifest(bundle, schema_version=version)
    with pytest.raises(UserError, match=f"schema version must be 3, got {version}; {todo}"):
        read_bundle(bundle)


def test_an_altered_manifest_is_refused(bundle):
    manifest = bundle / "bundle.json"
    manifest.write_text(manifest.read_text().replace('"target_length": 24', '"target_length": 25'))
    with pytest.raises(UserError, match=r"bundle\.json: altered"):
        read_bundle(bundle)


def test_files_outside_the_folder_are_refused(bundle, change_manifest):
    files = json.loads((bundle / "bundle.json").read_text())["files"]
    change_manifest(bundle, files=files | {"../secret": {"sha256": "0" * 64, "bytes": 1}})
    with pytest.raises(UserError, match="not inside the bundle"):
        read_bundle(bundle)


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ({"beam_sizes": []}, r"beam_sizes must be a list with 1 to .* items, got \[\]"),
        ({"beam_sizes": ["1"]}, r'beam_sizes\[0\] must be an integer between 1 and 64, got "1"$'),
        ({"source_length": -3}, "source_length must be an integer between 1 and 32,768, got -3"),
        ({"target_length": 1 << 40}, "target_length must be an integer between .*, got 1099511627776"),
        ({"processors": {"source": {"type": "text", "normalisation": "NFD"}}}, 'must be "NFC" or .*, got "NFD"'),
        ({"processors": {}}, r"processors\.source is missing; it must be an object"),
        ({"files": []}, r"files must be an object .*, got \[\]"),
        (
            {"decoding": {"beam": "5"}},
            "length_penalty is missing.*; decoding.max_length is missing.*; decoding.beam must",
        ),
        (
            {"decoding": {"beam": 9, "length_penalty": 1, "max_length": 99}},
            "must be at most target_length = 24, got .*; decoding.beam must be at most .*, got 9",
        ),
        (
            {"decoding": {"beam": 5, "length_penalty": -1, "max_length": 20}},
            "decoding.length_penalty must be .*, got -1",
        ),
        ({"signatures": {}}, "no signature decode_step_1, decode_step_5, encode, generate"),
        ({"task": "poetry"}, "task must be one of chat, translation, .*, got 'poetry'"),
        ({"fixed_lengths": [16]}, "no signature decode_step_1_s16, decode_step_5_s16, encode_s16, generate_s16"),
        ({"quantization": "int3"}, 'quantization must be "none" or "float16" or "int8", got "int3"'),
        ({"states": [{"name": "state_0"}]}, r"states\[0\]\.dtype is missing; it must be a string"),
        ({"languages": ["english", "de"]}, r'languages\[0\] must be a string like en or pt-BR, got "english"'),
        ({"languages": ["en"]}, r'languages must be a code for source and target, or empty, got \["en"\]'),
        ({"special_ids": {"pad": 0, "unk": 1, "bos": 2, "eos": 9}}, "special_ids.eos must be 3, got 9"),
        (
            {"special_ids": {"pad": 0, "unk": 1, "bos": 2, "eos": 3, "mask": 999}},
            "special_ids.mask must be less than .*, 370, got 999",
        ),
        ({"beam_sizes": [0] * 9}, r"beam_sizes\[4\] must be [^;]*, got 0; 4 more$"),
        ({"files": {}}, r"does not list model\.tflite"),
    ],
)
def test_wrong_fields_are_refused(bundle, change_manifest, values, message):
    change_manifest(bundle, **values)
    with pytest.raises(UserError, match=message):
        read_bundle(bundle)


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ({"classes": ["red"] * 12}, "classes must have different names, got the same name twice"),
        ({"classes": ["red", "blue"]}, r"a name for each logit of classify, \[1, 12\], got 2 names"),
        ({"classes": []}, r"classes must be a list with 1 to .* items, got \[\]"),
        ({"signatures": {}}, "there is no signature classify"),
        ({"fixed_lengths": [16]}, "there is no signature classify_s16"),
        ({"temperature": 0}, "temperature must be .*, got 0"),
        ({"languages": ["en", "de"]}, "must be a code for source, or empty"),
        ({"task": "translation"}, "target_length is missing"),
    ],
)
def test_wrong_fields_of_a_classifier_are_refused(classifier_bundles, tmp_path, change_manifest, values, message):
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


@pytest.mark.parametrize("name", ["a" * 300, "가" * 90])
def test_long_names_of_files_are_refused(shipped, tmp_path, change_manifest, name):
    folder = shutil.copytree(shipped.path, tmp_path / "bundle")
    change_manifest(folder, files=shipped.manifest.files | {name: {"sha256": "0" * 64, "bytes": 1}})
    with pytest.raises(UserError, match=f"names of files must have at most 100 bytes, got '{name[:60]}'…"):
        read_bundle(folder)


@pytest.mark.parametrize("content", ["", "{", "[]", "null", '{"schema_version": 1}', "[" * 100_000])
def test_a_damaged_manifest_is_refused(bundle, content):
    (bundle / "bundle.json").write_text(content)
    with pytest.raises(UserError, match=r"bundle\.json"):
        read_bundle(bundle)
