"""The ports in examples rely only on what is in a bundle, and the one in C++ reproduces its test vectors."""

import json
import random
import re
import shutil
import subprocess
from pathlib import Path

import numpy as np
import pytest

from seq2edge.device.bundle import MODEL, read_bundle
from seq2edge.device.interpreter import load_runtime
from seq2edge.device.manifests.common import SCHEMA_VERSION
from seq2edge.device.processors.slots import ITEM, Slots
from seq2edge.device.processors.text import normalise
from seq2edge.device.runners.load import load_runner
from seq2edge.device.search.decoding import decode
from seq2edge.device.search.options import DecodingOptions
from seq2edge.device.special_ids import BOS, EOS
from seq2edge.device.vectors.check import read_vectors

DEPLOY = Path(__file__).parents[2] / "docs" / "deploy"
EXAMPLES = Path(__file__).parents[2] / "examples"
PAGES = ["cpp.md", "android.md", "ios.md"]
PORTS = {"C++": "cpp/translate.cc", "Kotlin": "android/Translator.kt", "Swift": "ios/Translator.swift"}
CALLED = {  # signature: inputs and outputs that every port names; those of encode it reads in bundle.json
    "encode": (["source_ids"], []),
    "decode_step_1": (["token_ids"], ["logits", "top_ids"]),
    "generate": (["source_ids"], ["target_ids", "length"]),
}
SIGNS = "aB1 2.,:/\\{}~-_é한⟦⟧1x#?=+%@"
SLOTS_MAIN = """
#include <iostream>
#include "slots.h"
int main() {
  const Slots slots(3);
  for (std::string text; std::getline(std::cin, text);)
    std::cout << slots.Mark(text) << "\\t" << slots.Fill(text, "⟦2⟧ x ⟦1⟧⟦3⟧") << "\\n";
}
"""
TEXTS = [
    "the\tred stone\r\nis\x00here \x85!",
    "a\u200bb\u00adc \u2060d\ufeff",
    " \u3000wide\u2003\u00a0blank\u202f\u205f\u1680s \u2028\u2029",
    "Cafe\u0301 am Mee\u0308r, \u1112\u1161\u11ab\u1100\u1173\u11af",
    "ﬁne ① Ｆｕｌｌ 👨‍👩‍👧 😀",
    "stone " * 40,
    "",
]


def source(port):
    return (EXAMPLES / PORTS[port]).read_text(encoding="utf-8")


@pytest.mark.parametrize("page", PAGES)
def test_pages_link_to_existing_files(page):
    prose = re.sub(r"```.*?```", "", (DEPLOY / page).read_text(encoding="utf-8"), flags=re.DOTALL)
    links = re.findall(r"\]\(([^)#:]+)(?:#[^)]*)?\)", prose)
    assert links
    assert [link for link in links if not (DEPLOY / link).exists()] == []


@pytest.mark.parametrize("port", PORTS)
def test_ports_call_signatures_that_a_bundle_has(port, bundles):
    bundle = read_bundle(bundles / "int8")
    text = source(port)
    for name, (inputs, outputs) in CALLED.items():
        signature = bundle.manifest.signatures[name]
        assert set(inputs) <= signature["inputs"].keys()
        assert set(outputs) <= signature["outputs"].keys()
        assert [word for word in (name, *inputs, *outputs) if f'"{word}"' not in text] == []


@pytest.mark.parametrize("port", PORTS)
def test_ports_use_only_names_that_are_in_a_bundle(port, bundles):
    bundle = bundles / "int8"
    known = {*names_in(json.loads((bundle / "bundle.json").read_text())), *names_in(read_vectors(read_bundle(bundle)))}
    words = set(re.findall(r'"([a-z]+(?:_[a-z0-9]+)+)"', source(port)))
    assert words - known == set()


def names_in(value):
    """All keys of a JSON value."""
    if isinstance(value, dict):
        return {*value, *(name for inner in value.values() for name in names_in(inner))}
    return {name for inner in value for name in names_in(inner)} if isinstance(value, list) else set()


def test_swift_reads_fields_that_a_bundle_has(bundles):
    known = {*names_in(json.loads((bundles / "int8" / "bundle.json").read_text())), "vectors", "slots"}
    known |= names_in(read_vectors(read_bundle(bundles / "int8")))
    structures = re.search(r"struct Manifest: Decodable.*?private func", source("Swift"), re.DOTALL)[0]
    lines = re.findall(r"^\s+let ([\w, ]+):", structures, re.MULTILINE)
    names = {re.sub("[A-Z]", lambda sign: f"_{sign[0].lower()}", name) for line in lines for name in line.split(", ")}
    assert {"schema_version", "states", "source_ids", "logits"} <= names
    assert names - known == set()


@pytest.mark.parametrize("file", ["android/Slots.kt", "ios/Slots.swift"])
def test_a_port_has_the_pattern_of_the_items(file):
    pattern = re.sub(r"\s+#.*|\s+", "", ITEM.pattern).replace(r"\#", "#")
    parts = re.findall(r'(?:"""|#")(.*?)(?:"""|"#)', (EXAMPLES / file).read_text(encoding="utf-8"))
    assert "".join(parts) == pattern


def test_slots_in_cpp_are_those_of_the_runner(tmp_path):
    if not (compiler := shutil.which("g++")):
        pytest.skip("g++ is not installed")
    (tmp_path / "main.cc").write_text(SLOTS_MAIN, encoding="utf-8")
    program = tmp_path / "slots"
    subprocess.run([compiler, "-std=c++17", "-I", EXAMPLES / "cpp", "-o", program, tmp_path / "main.cc"], check=True)
    drawn, slots, target = random.Random(1), Slots(3), "⟦2⟧ x ⟦1⟧⟦3⟧"
    texts = ["".join(drawn.choices(SIGNS, k=drawn.randrange(40))) for _ in range(2000)] + ["a/" + "b" * 100_000]
    expected = [f"{slots.mark(text)}\t{slots.fill(text, target)}" for text in texts]
    given = "".join(f"{text}\n" for text in texts)
    found = subprocess.run([program], input=given, capture_output=True, text=True, check=True, encoding="utf-8").stdout
    assert found.split("\n")[:-1] == expected


@pytest.mark.parametrize("port", PORTS)
def test_ports_have_the_constants_of_this_version(port):
    numbers = dict(re.findall(r"(?i)\bk?(schema_?version|bos|eos)\b(?:: \w+)? = (\d+)", source(port)))
    assert {name.lower().replace("_", ""): int(number) for name, number in numbers.items()} == {
        "schemaversion": SCHEMA_VERSION,
        "bos": BOS,
        "eos": EOS,
    }


@pytest.mark.parametrize("port", PORTS)
def test_ports_treat_the_same_characters_as_blank_or_invisible(port):
    cleaned = {sign: normalise(f"a{chr(sign)}b", "NFC") for sign in range(0x10000)}
    for kind, expected in (("blank", "a b"), ("invisible", "ab")):
        assert signs(port, kind) == {sign for sign, text in cleaned.items() if text == expected}


def signs(port, kind):
    """Code points that a port treats as `kind`, read from its source."""
    if port == "Kotlin":
        pattern = re.search(rf'val {kind.upper()} = Regex\("(.*)"\)', source(port))[1].replace("\\\\", "\\")
        return {sign for sign in range(0x10000) if re.fullmatch(pattern, chr(sign))}
    if port == "Swift":
        ranges = re.search(rf"func is{kind.title()}.*?case (.*?): return true", source(port), re.DOTALL)[1]
        pairs = [(first, last or first) for first, last in re.findall(r"(0x\w+|0)(?:\.\.\.(0x\w+))?", ranges)]
    else:
        ranges = re.search(rf"k{kind.title()}\[\] = \{{(.*?)\}};", source(port), re.DOTALL)[1]
        pairs = re.findall(r"\{(0x\w+|0), (0x\w+)\}", ranges)
    return {sign for first, last in pairs for sign in range(int(first, 16), int(last, 16) + 1)}


def test_open_lengths_equal_those_of_the_padded_source(bundles):
    """Kotlin creates its arrays with the shapes in bundle.json, and replaces -1 by the source's length."""
    bundle = read_bundle(bundles / "int8")
    interpreter = load_runtime()[0](model_path=str(bundle.path / MODEL))
    length = 2 * bundle.manifest.length_bucket
    ids, token = np.full((1, length), EOS, np.int32), np.array([BOS], np.int32)
    encoded = interpreter.get_signature_runner("encode")(source_ids=ids)
    outputs = {
        "encode": encoded,
        "decode_step_1": interpreter.get_signature_runner("decode_step_1")(token_ids=token, **encoded),
        "generate": interpreter.get_signature_runner("generate")(source_ids=ids),
    }
    for signature, tensors in outputs.items():
        for name, spec in bundle.manifest.signatures[signature]["outputs"].items():
            assert tensors[name].shape == tuple(length if size < 0 else size for size in spec["shape"]), name
            assert tensors[name].dtype == spec["dtype"], name


@pytest.fixture(scope="module")
def translate(tmp_path_factory):
    """The program of examples/cpp, built here."""
    if not shutil.which("cmake"):
        pytest.skip("cmake is not installed")
    build = tmp_path_factory.mktemp("build")
    configured = run("cmake", "-S", EXAMPLES / "cpp", "-B", build, "-DCMAKE_BUILD_TYPE=Debug")
    if missing := re.search(r"Could (?:not|NOT) find \w+|No CMAKE_CXX_COMPILER could be found", configured.stderr):
        pytest.skip(f"a library of docs/deploy/cpp.md is not installed: {missing[0]}")
    assert configured.returncode == 0, configured.stderr
    made = run("cmake", "--build", build)
    assert made.returncode == 0, made.stdout + made.stderr
    return build / "translate"


def run(*words, text=None):
    return subprocess.run([str(word) for word in words], input=text, capture_output=True, text=True, check=False)


@pytest.mark.parametrize("quantization", ["none", "float16", "int8"])
def test_cpp_reproduces_the_vectors_of_a_bundle(translate, bundles, quantization):
    checked = run(translate, bundles / quantization, "--check")
    assert checked.returncode == 0, checked.stdout + checked.stderr
    assert checked.stdout.endswith("; passed\n")


def test_cpp_normalises_texts_as_python_does(translate, bundles, tmp_path):
    folder = shutil.copytree(bundles / "none", tmp_path / "bundle")
    write_vectors(folder, TEXTS)
    checked = run(translate, folder, "--check")
    assert f"the same: source_ids {len(TEXTS)}, target_ids by generate {len(TEXTS)}" in checked.stdout
    answered = run(translate, folder, text="the red stone is here\n\n")
    assert answered.stdout == "stone red\n\n"


def write_vectors(folder, texts):
    """Write test vectors of these texts with the Python runner, without logits."""
    runner = load_runner(folder)
    bundle = runner.manifest
    sources = [runner.processor(text, bundle.manifest.source_length) for text in texts]
    found = decode(runner.model, sources, DecodingOptions(max_length=bundle.manifest.target_length, shortlist=False))
    vectors = [
        {"text": text, "source_ids": source["source_ids"].tolist(), "target_ids": best.ids, "logits": []}
        for text, source, (best,) in zip(texts, sources, found, strict=True)
    ]
    (folder / "vectors.json").write_text(json.dumps({"vectors": vectors}), encoding="utf-8")


def test_cpp_reports_errors_in_one_line(translate, bundles, tmp_path, change_manifest):
    assert run(translate, tmp_path).stderr == f"{tmp_path}/bundle.json: cannot be read\n"
    folder = shutil.copytree(bundles / "none", tmp_path / "bundle")
    change_manifest(folder, schema_version=SCHEMA_VERSION + 1)
    refused = run(translate, folder)
    assert (refused.returncode, refused.stderr) == (2, f"{folder}: a bundle of another schema version\n")
    broken = shutil.copytree(bundles / "none", tmp_path / "broken")
    vectors = json.loads((broken / "vectors.json").read_text(encoding="utf-8"))
    vectors["vectors"][0]["logits"][0][0] += 0.1
    (broken / "vectors.json").write_text(json.dumps(vectors), encoding="utf-8")
    failed = run(translate, broken, "--check")
    assert (failed.returncode, failed.stdout[-7:]) == (1, "FAILED\n")
