"""From pairs with numbers to a bundle that copies numbers it has never seen, with a tokenizer for each side."""

import json

import pytest

from seq2edge.device.runners.load import load_runner
from seq2edge.device.tasks import TASKS
from seq2edge.export.bundle import export_bundle
from seq2edge.export.options import ExportOptions
from seq2edge.export.saved_model import export_saved_model
from seq2edge.pipeline.run import Run
from seq2edge.pipeline.training.options import TrainOptions
from seq2edge.pipeline.training.trainer import train

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
epochs = 16
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
    (folder / "numbers.toml").write_text(RECIPE, encoding="utf-8")
    return train(load_recipe(folder / "numbers.toml"), folder / "run", TrainOptions(recipe_folder=folder, quiet=True))
