import hashlib
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from filelock import FileLock

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")


def pytest_collection_modifyitems(items):
    """Run slow tests first, so that no worker process is still busy with one at the end."""
    items.sort(key=lambda item: item.get_closest_marker("slow") is None)


TINY = """
name = "tiny"
task = "{task}"

[data]
valid = 0.1
test = 0.1

[[data.files]]
path = "pairs.tsv"

[tokenizer]
model_type = "bpe"
vocabulary = 370

[model]
units = 64
embedding = 32
dropout = 0.0
source_length = 24
target_length = 24

[training]
epochs = {epochs}
batch_size = 16
learning_rate = 0.01
warmup_steps = 10
label_smoothing = 0.0
score_sentences = 10
tensorboard = false
"""
TINY_CLASSIFIER = """
name = "colours"
task = "classification"

[data]
source_language = "en"
valid = 0.15
test = 0.15

[[data.files]]
path = "labels.tsv"

[tokenizer]
model_type = "bpe"
vocabulary = 360

[model]
encoder = "bag"
pooling = "attention"
units = 32
embedding = 32
dropout = 0.0
source_length = 24

[training]
epochs = 30
batch_size = 16
learning_rate = 0.01
warmup_steps = 10
score_sentences = 10
patience = 30
tensorboard = false
"""
WORDS = ["red", "blue", "green", "small", "large", "old", "new", "fast", "slow", "warm", "cold", "quiet"]
THINGS = ["stone", "river", "house", "garden", "window", "table", "letter", "song"]


@pytest.fixture(scope="session")
def pairs_file(tmp_path_factory) -> Path:
    """A file of pairs that can be learned: two words, and the same words in reverse order."""
    folder = tmp_path_factory.mktemp("pairs")
    rows = [f"the {word} {thing} is here\t{thing} {word}" for word in WORDS for thing in THINGS]
    (folder / "pairs.tsv").write_text("\n".join(rows) + "\n", encoding="utf-8")
    return folder / "pairs.tsv"


@pytest.fixture
def tiny_recipe(pairs_file):
    """Make a tiny recipe next to the pairs. `settings` sets other keys than those of [training]."""
    from seq2edge.pipeline.recipe_schema.load import load_recipe

    def make(task="translation", epochs=2, settings=()):
        path = pairs_file.parent / "tiny.toml"
        path.write_text(TINY.format(task=task, epochs=epochs), encoding="utf-8")
        return load_recipe(path, list(settings))

    return make


@pytest.fixture(scope="session")
def made_once(tmp_path_factory):
    """Make a folder once for all worker processes. Each process gets a copy, unless it only reads."""
    base = tmp_path_factory.getbasetemp()
    shared = base.parent if "PYTEST_XDIST_WORKER" in os.environ else base

    def make(name, fill, copied=True):
        folder = shared / f"shared-{name}"
        with FileLock(f"{folder}.lock"):
            if not folder.is_dir():
                new = folder.with_suffix(".new")
                shutil.rmtree(new, ignore_errors=True)
                fill(new)
                new.rename(folder)
        return shutil.copytree(folder, tmp_path_factory.mktemp(name) / name) if copied else folder

    return make


def tiny_training(pairs_file, name, *settings):
    """A recipe that learns its task, and how to train it."""
    from seq2edge.pipeline.recipe_schema.load import load_recipe
    from seq2edge.pipeline.training.options import TrainOptions

    path = pairs_file.parent / f"{name}.toml"
    path.write_text(TINY.format(task="translation", epochs=40), encoding="utf-8")
    recipe = load_recipe(path, ["training.patience=60", *settings])
    return recipe, TrainOptions(recipe_folder=pairs_file.parent, quiet=True)


@pytest.fixture(scope="session")
def trained_run(made_once, pairs_file):
    """A tiny run that has learned its task."""
    from seq2edge.pipeline.run import Run
    from seq2edge.pipeline.training.trainer import train

    recipe, options = tiny_training(pairs_file, "trained")
    return Run.open(made_once("tiny", lambda folder: train(recipe, folder, options)))


@pytest.fixture(scope="session")
def gru_run(made_once, pairs_file):
    """A tiny run of another architecture that has learned the same task from the same data."""
    from seq2edge.pipeline.run import Run
    from seq2edge.pipeline.training.trainer import train

    decoder = 'model.decoder={kind="gru", attention="concat"}'
    recipe, options = tiny_training(pairs_file, "gru", 'model.encoder="gru"', decoder, "model.units=48")
    return Run.open(made_once("gru", lambda folder: train(recipe, folder, options)))


@pytest.fixture(scope="session")
def ensemble_run(made_once, trained_run, gru_run):
    """An ensemble of the two tiny runs."""
    from seq2edge.pipeline.run import Run
    from seq2edge.pipeline.training.ensemble import build_ensemble_run

    members = [trained_run.path, gru_run.path]
    return Run.open(made_once("ensemble", lambda folder: build_ensemble_run(members, folder)))


@pytest.fixture(scope="session")
def ensemble_bundles(made_once, ensemble_run):
    """Bundles of the tiny ensemble by quantization, "none" and "int8"."""
    from seq2edge.export.bundle import export_bundle
    from seq2edge.export.options import ExportOptions

    def fill(folder):
        folder.mkdir()
        for quantization in ("none", "int8"):
            export_bundle(ensemble_run, folder / quantization, ExportOptions(quantization), lambda line: None)

    return made_once("ensemble-bundles", fill)


@pytest.fixture(scope="session")
def transformer_bundle(made_once, pairs_file):
    """The int8 bundle of a tiny Transformer that has learned the same task."""
    from seq2edge.export.bundle import export_bundle
    from seq2edge.pipeline.training.trainer import train

    recipe, options = tiny_training(
        pairs_file,
        "transformer",
        'model.encoder="transformer"',
        'model.decoder="transformer"',
        "training.learning_rate=0.003",
    )

    def fill(folder):
        export_bundle(train(recipe, folder / "run", options), folder / "bundle", tell=lambda line: None)

    return made_once("transformer", fill) / "bundle"


OPERATIONS = {"add": "+", "subtract": "-", "multiply": "*", "divide": "/"}
NAMES = ["a", "b", "x", "y", "left", "right"]


def function_code(operation, first, second):
    """A function with white space, line ends and Unicode that a normalisation would change."""
    return (
        f"def {operation}({first}, {second}):\r\n\n    if {first}:\t# 'e\u0301\u200b \u2581'  \n"
        f"        return {first} {OPERATIONS[operation]} {second}\n\n"
    )


TOKENIZERS = ("tokenizer.joint=false", "tokenizer.vocabulary=340", "tokenizer.target_vocabulary=370")
CODE = ("model.target_length=64", "training.patience=70", "training.learning_rate=0.006")


@pytest.fixture(scope="session")
def code_file(tmp_path_factory) -> Path:
    """A file of descriptions and functions."""
    import itertools
    import json

    path = tmp_path_factory.mktemp("code") / "code.jsonl"
    rows = [
        {"say": f"{operation}  {first} and {second}", "code": function_code(operation, first, second)}
        for operation in OPERATIONS
        for first, second in itertools.permutations(NAMES, 2)
    ]
    path.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    return path


@pytest.fixture(scope="session")
def code_recipe(code_file):
    """Make a recipe for functions. `settings` sets keys, `tokenizers` those of the tokenizers."""
    from seq2edge.pipeline.recipe_schema.load import load_recipe

    def make(*settings, tokenizers=TOKENIZERS):
        path = code_file.parent / "code.toml"
        path.write_text(TINY.format(task="code", epochs=70), encoding="utf-8")
        file = f'data.files=[{{path="{code_file}", source="say", target="code"}}]'
        return load_recipe(path, [file, *CODE, *tokenizers, *settings])

    return make


@pytest.fixture(scope="session")
def code_folder(made_once, code_recipe):
    """A tiny run that has learned to write functions, and its bundle."""
    from seq2edge.export.bundle import export_bundle
    from seq2edge.export.options import ExportOptions
    from seq2edge.pipeline.training.options import TrainOptions
    from seq2edge.pipeline.training.trainer import train

    def fill(folder):
        run = train(code_recipe(), folder / "run", TrainOptions(quiet=True))
        export_bundle(run, folder / "bundle", ExportOptions("none"), tell=lambda line: None)

    return made_once("code", fill, copied=False)


@pytest.fixture(scope="session")
def bundles(made_once, trained_run):
    """Bundles of the tiny run by quantization."""
    from seq2edge.export.bundle import export_bundle
    from seq2edge.export.options import ExportOptions

    def fill(folder):
        folder.mkdir()
        for quantization in ("none", "float16", "int8"):
            export_bundle(trained_run, folder / quantization, ExportOptions(quantization), lambda line: None)

    return made_once("bundles", fill)


@pytest.fixture(scope="session")
def classifier_run(made_once, tmp_path_factory):
    """A tiny run that has learned which of the words is in a sentence."""
    from seq2edge.pipeline.recipe_schema.load import load_recipe
    from seq2edge.pipeline.run import Run
    from seq2edge.pipeline.training.options import TrainOptions
    from seq2edge.pipeline.training.trainer import train

    def fill(folder):
        files = tmp_path_factory.mktemp("labels")
        rows = [f"the {word} {thing} is here\t{word}" for word in WORDS for thing in THINGS]
        (files / "labels.tsv").write_text("\n".join(rows) + "\n", encoding="utf-8")
        (files / "colours.toml").write_text(TINY_CLASSIFIER, encoding="utf-8")
        recipe = load_recipe(files / "colours.toml")
        train(recipe, folder, TrainOptions(recipe_folder=files, quiet=True))

    return Run.open(made_once("colours", fill))


@pytest.fixture(scope="session")
def classifier_bundles(made_once, classifier_run):
    """Bundles of the tiny classifier by quantization, "none" and "int8", and "web": int8 with fixed lengths."""
    from seq2edge.export.bundle import export_bundle
    from seq2edge.export.options import ExportOptions

    options = {
        "none": ExportOptions("none"),
        "int8": ExportOptions("int8"),
        "web": ExportOptions("int8", runtimes=("litert", "web")),
    }

    def fill(folder):
        folder.mkdir()
        for name, one in options.items():
            export_bundle(classifier_run, folder / name, one, lambda line: None)

    return made_once("classifier-bundles", fill)


@pytest.fixture(scope="session")
def shipped():
    """The bundle that is installed with seq2edge; tests that need it are skipped in a checkout without one."""
    from seq2edge.device.bundle import read_bundle
    from seq2edge.device.shipped_bundle import SHIPPED

    if not SHIPPED.is_dir():
        pytest.skip("device/shipped is missing")
    return read_bundle(SHIPPED)


@pytest.fixture(scope="session")
def environment(made_once):
    """Make an environment of packages without TensorFlow, and return its Python."""

    def make(*packages):
        def fill(folder):
            subprocess.run([sys.executable, "-m", "venv", folder], check=True)
            subprocess.run([folder / "bin" / "python", "-m", "pip", "install", "--quiet", *packages], check=True)

        name = f"environment-{hashlib.sha256(' '.join(packages).encode()).hexdigest()[:8]}"
        python = made_once(name, fill, copied=False) / "bin" / "python"
        assert subprocess.run([python, "-c", "import tensorflow"], capture_output=True).returncode != 0
        return python

    return make


@pytest.fixture(scope="session")
def change_manifest():
    """Change fields of a bundle's manifest and renew its checksum."""
    import json

    from seq2edge.device.bundle import FILE
    from seq2edge.device.manifests.common import CHECKSUM, sealed

    def change(bundle, **values):
        before = json.loads((bundle / FILE).read_text(encoding="utf-8"))
        del before[CHECKSUM]
        (bundle / FILE).write_text(sealed(before | values), encoding="utf-8")

    return change


@pytest.fixture(scope="session")
def replace_file(change_manifest):
    """Replace the content of a bundle's file and its checksum in the manifest."""
    import json

    def replace(bundle, name, content):
        (bundle / name).write_bytes(content)
        files = json.loads((bundle / "bundle.json").read_text(encoding="utf-8"))["files"]
        files[name] = {"sha256": hashlib.sha256(content).hexdigest(), "bytes": len(content)}
        change_manifest(bundle, files=files)

    return replace
