import csv

import pytest

from seq2edge.device.errors import UserError
from seq2edge.pipeline.data.corpus import intent_pairs, intents
from seq2edge.pipeline.data.prepare import PrepareOptions, prepare
from seq2edge.pipeline.data.splitting import place_of, split_at
from seq2edge.pipeline.recipe_schema.load import load_recipe

RECIPE = """
name = "colours"
task = "classification"

[tokenizer]
model_type = "bpe"
vocabulary = 330

[model]
source_length = 24

[data]
valid = 0.1
test = 0.1
"""
COLOURS = ("red", "blue", "green")
ROWS = [(f"{colour} number {i}", colour) for i in range(20) for colour in COLOURS]


def prepared(folder, rows, files='[[data.files]]\npath = "all.csv"\nsource = "text"\ntarget = "label"\n'):
    """The dataset of some rows, text and label."""
    with (folder / "all.csv").open("w", encoding="utf-8", newline="") as file:
        csv.writer(file).writerows([("text", "label"), *rows])
    (folder / "recipe.toml").write_text(RECIPE + files, encoding="utf-8")
    return prepare(load_recipe(folder / "recipe.toml"), folder / "run", PrepareOptions(folder, quiet=True))


def test_labels_are_a_column_of_indices(tmp_path):
    data = prepared(tmp_path, ROWS)
    assert data.labels == ["blue", "green", "red"]
    texts = list(data.texts("train"))
    assert [data.labels[int(data.train["label"].row(row)[0])] for row in range(len(texts))] == [p.target for p in texts]
    assert data.vocabulary.keys() == {"source"}
    assert [path.name for path in data.tokenizers] == ["source.model"]


def test_white_space_around_a_label_is_ignored(tmp_path):
    assert prepared(tmp_path, [*ROWS, ("a red one", " red ")]).labels == ["blue", "green", "red"]


def test_a_long_text_and_a_text_that_is_its_label_are_kept(tmp_path):
    data = prepared(tmp_path, [*ROWS, ("red", "red"), ("x " * 15, "red")])
    assert data.summary["dropped"] == {}


def test_a_label_with_one_example_is_refused_with_its_row(tmp_path):
    with pytest.raises(UserError, match=r"all\.csv, row 62: label 'pink' has 1 example, at least 2 are needed; add"):
        prepared(tmp_path, [*ROWS, ("a pink one", "pink")])


def test_several_rare_labels_are_all_named(tmp_path):
    rare = [("a pink one", "pink"), ("a grey one", "grey")]
    with pytest.raises(UserError, match=r"row 63: label 'grey' has 1 example.* \(so have 'pink'\)"):
        prepared(tmp_path, [*ROWS, *rare])


def test_a_single_label_is_refused(tmp_path):
    with pytest.raises(UserError, match=r"data: 1 label \(red\), at least 2 are needed"):
        prepared(tmp_path, [(f"number {i}", "red") for i in range(60)])


def test_every_label_has_training_examples(tmp_path):
    """This does not depend on the hashes of its few texts."""
    for letter in "abcdefgh":
        folder = tmp_path / letter
        folder.mkdir()
        data = prepared(folder, [*ROWS, (f"{letter} pink", "pink"), (f"{letter} more pink", "pink")])
        assert "pink" in {pair.target for pair in data.texts("train")}
        assert sum(data.summary["pairs"][split] for split in ("train", "valid", "test")) == 62


def test_a_label_without_training_examples_is_refused_with_its_row(tmp_path):
    with (tmp_path / "test.csv").open("w", encoding="utf-8", newline="") as file:
        csv.writer(file).writerows([("text", "label"), ("a red one", "red"), ("pink", "pink"), ("more pink", "pink")])
    files = [f'[[data.files]]\npath = "{name}.csv"\nsource = "text"\ntarget = "label"\n' for name in ("all", "test")]
    with pytest.raises(UserError, match=r"test\.csv, row 3: label 'pink' is not in the training data; add examples"):
        prepared(tmp_path, ROWS, f'{files[0]}{files[1]}split = "test"\n')


def test_the_bundled_intents_can_be_prepared(tmp_path):
    (tmp_path / "recipe.toml").write_text(RECIPE.replace("330", "4000"), encoding="utf-8")
    with (tmp_path / "recipe.toml").open("a") as file:
        file.write('[[data.files]]\npath = "bundled:intents"\nformat = "bundled"\n')
    data = prepare(load_recipe(tmp_path / "recipe.toml"), tmp_path / "run", PrepareOptions(quiet=True))
    assert len(data.labels) == len(intents())
    assert "weather" in data.labels
    assert sum(data.summary["pairs"].values()) == len(list(intent_pairs()))


def test_moving_the_examples_of_a_label_must_leave_enough_held_out(tmp_path):
    rare = [(f"rare text {i}", "rare") for i in range(40)]
    held_out = [row for row in rare if split_at(place_of(row[0]), 0.1, 0.1) == "valid"]
    training = [row for row in ROWS if split_at(place_of(row[0]), 0.1, 0.1) == "train"]
    message = "data.valid must be larger: only 0 examples are left for this split, because those of 'rare' were moved"
    with pytest.raises(UserError, match=message):
        prepared(tmp_path, [*training, *held_out])
