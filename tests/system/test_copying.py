"""From pairs with numbers to a bundle that copies numbers it has never seen, with a tokenizer for each side."""

import numpy as np
import pytest

from seq2edge.device.errors import UserError
from seq2edge.device.runners.load import load_runner
from seq2edge.device.special_ids import EOS
from seq2edge.export.bundle import export_bundle
from seq2edge.export.options import ExportOptions
from seq2edge.export.saved_model import export_saved_model, verify_saved_model
from seq2edge.pipeline.evaluation.examples import Example
from seq2edge.pipeline.evaluation.metrics.copied import copied
from seq2edge.pipeline.recipe_schema.load import load_recipe
from seq2edge.pipeline.training.options import TrainOptions
from seq2edge.pipeline.training.trainer import train

pytestmark = pytest.mark.slow
WORDS = {"open": "öffne", "close": "schließe", "read": "lies", "send": "sende", "find": "finde", "print": "drucke"}
PLACES = {"today": "heute", "now": "jetzt", "again": "nochmals", "at home": "zu Hause"}
KEPT = range(1000, 10_000, 37)
RECIPE = """
name = "numbers"
task = "translation"

[data]
valid = 0.05
test = 0.05

[[data.files]]
path = "numbers.tsv"

[tokenizer]
joint = false
model_type = "bpe"
vocabulary = 320
target_vocabulary = 330

[model]
copy = true
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
patience = 16
score_sentences = 0
tensorboard = false

[export]
quantize = ["none"]
shortlist = 8
"""


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    folder = tmp_path_factory.mktemp("numbers")
    words, places = list(WORDS), list(PLACES)
    rows = []
    for count, number in enumerate(KEPT):
        for step in (0, 1):
            word, place = words[(count + step) % len(words)], places[(count // 3 + step) % len(places)]
            rows.append(f"{word} {number} {place}\t{WORDS[word]} {number} {PLACES[place]}")
    (folder / "numbers.tsv").write_text("\n".join(rows) + "\n", encoding="utf-8")
    (folder / "numbers.toml").write_text(RECIPE.format(epochs=16), encoding="utf-8")
    return train(load_recipe(folder / "numbers.toml"), folder / "run", TrainOptions(recipe_folder=folder, quiet=True))


NEW = {f"{word} {number} again": f"{WORDS[word]} {number} nochmals" for word in WORDS for number in (4712, 9999, 1234)}


@pytest.mark.parametrize("quantization", ["none", "int8"])
def test_a_bundle_copies_unseen_numbers(run, tmp_path, quantization):
    bundle = export_bundle(run, tmp_path / "bundle", ExportOptions(quantization), lambda line: None)
    assert bundle.manifest.scores["agreement_with_keras"]["generate_identical"] == 100
    runner, expected = load_runner(tmp_path / "bundle"), [Example(text, (target,)) for text, target in NEW.items()]
    for options in ({}, {"beam": 5}, {"shortlist": False}, {"beam": 5, "shortlist": False}):
        assert copied([runner.run(text, **options).text for text in NEW], expected) > 90


def test_a_shortlist_contains_all_tokens_that_can_be_copied(run, tmp_path):
    export_bundle(run, tmp_path / "bundle", ExportOptions("none"), lambda line: None)
    runner, table = load_runner(tmp_path / "bundle"), np.array(run.data.copy_table())
    source = runner.processor("send 2718 home")["source_ids"]
    copies = table[source]
    assert (copies > EOS).any()
    assert set(copies[copies > EOS]) <= set(runner.model.shortlist.of(source))


def test_the_copy_table_joins_tokens_of_the_same_text(run):
    source, target = run.data.processor(run.recipe), run.data.target_tokenizer()
    ids = source("read 4711")["source_ids"]
    copies = run.data.copy_table()
    digits = [(label, copies[token]) for label, token in zip(source.labels({"source_ids": ids}), ids, strict=True)]
    assert [label for label, copy in digits if copy] == target.tokens([copy for _, copy in digits if copy])


def test_the_saved_model_gives_the_answers_of_keras(run, tmp_path):
    path = export_saved_model(run, tmp_path / "numbers.saved_model")
    assert verify_saved_model(run, path) == {"serving_default": 100, "beam": 100}


def test_a_copying_run_can_start_from_another(run, tmp_path):
    folder = run.path.parent
    (folder / "more.toml").write_text(RECIPE.format(epochs=1), encoding="utf-8")
    options = TrainOptions(recipe_folder=folder, quiet=True, initial_run=run)
    recipe = load_recipe(folder / "more.toml", ["training.learning_rate=1e-9"])
    started = train(recipe, tmp_path / "started", options)
    for weight, before in zip(started.model().training.weights, run.model().training.weights, strict=True):
        np.testing.assert_allclose(weight, before, atol=1e-4)
    other = load_recipe(folder / "more.toml", ["model.copy=false"])
    with pytest.raises(UserError, match="copy: True there, False now"):
        train(other, tmp_path / "other", options)
