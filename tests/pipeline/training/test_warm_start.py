import csv

import numpy as np
import pytest

from seq2edge.device.errors import UserError
from seq2edge.pipeline.recipe_schema.load import load_recipe
from seq2edge.pipeline.training.options import TrainOptions
from seq2edge.pipeline.training.trainer import train

CLASSIFIER = """
name = "colours"
task = "classification"

[tokenizer]
model_type = "bpe"
vocabulary = 330

[model]
units = {units}
embedding = 32
dropout = 0.0
source_length = 24

[training]
epochs = 1
learning_rate = 1e-9
tensorboard = false
score_sentences = 0

[data]
valid = 0.2
test = 0.1

[[data.files]]
path = "colours.csv"
"""


@pytest.fixture
def classifier(trained_run, tmp_path):
    """Train a classifier from a run of an encoder-decoder."""
    pairs = list(trained_run.data.texts("train"))
    with (tmp_path / "colours.csv").open("w", encoding="utf-8", newline="") as file:
        csv.writer(file).writerows((pair.source, pair.target.split()[1]) for pair in pairs)

    def make(*parts, units=64):
        (tmp_path / "colours.toml").write_text(CLASSIFIER.format(units=units), encoding="utf-8")
        options = TrainOptions(recipe_folder=tmp_path, quiet=True, initial_run=trained_run, initial_parts=parts)
        return train(load_recipe(tmp_path / "colours.toml"), tmp_path / "run", options)

    return make


def weights(run, layer):
    return [np.array(weight) for weight in run.model().training.get_layer(layer).trainable_weights]


def test_a_classifier_starts_from_the_encoder_of_an_encoder_decoder(trained_run, classifier):
    run = classifier("encoder")
    for ours, theirs in zip(weights(run, "encoder"), weights(trained_run, "encoder"), strict=True):
        np.testing.assert_allclose(ours, theirs, atol=1e-6)
    assert run.data.vocabulary != trained_run.data.vocabulary  # a tokenizer of its own


def test_initial_embeddings_come_with_their_tokenizer(trained_run, classifier):
    with pytest.raises(UserError, match=r"source_embedding: .* has no such part; it has target_embedding, encoder"):
        classifier("source_embedding", "encoder")  # the tiny model shares its embeddings


def test_parts_of_another_shape_are_refused(classifier):
    with pytest.raises(UserError, match=r"encoder: its weights have the shapes .* in the earlier run, .* now"):
        classifier("encoder", units=32)


def test_a_run_of_another_family_is_refused_without_parts(classifier):
    with pytest.raises(UserError, match=r"task: 'translation' there, 'classification' now; initialise only what both"):
        classifier()


def test_initial_parts_need_an_initial_run():
    with pytest.raises(UserError, match="initial_parts: needs initial_run"):
        TrainOptions(initial_parts=("encoder",))
