import numpy as np
import pytest

from seq2edge.device.errors import UserError
from seq2edge.pipeline.recipe_schema.load import load_recipe
from seq2edge.pipeline.training.options import TrainOptions
from seq2edge.pipeline.training.trainer import train

SETTINGS = (
    "tokenizer.joint=false",
    "tokenizer.vocabulary=340",
    "training.pretrain_epochs=2",
    'model.encoder={kind="ngrams", longest=3, rows=997}',
    'model.decoder="gru"',
)


STEADY = ('training.schedule="constant"', "training.warmup_steps=0")  # a rate that does not depend on the epochs


def trained(tiny_recipe, pairs_file, folder, epochs, *settings, resume=False):
    recipe = tiny_recipe("chat", epochs, (*SETTINGS, *settings))
    return train(recipe, folder, TrainOptions(recipe_folder=pairs_file.parent, quiet=True, resume=resume))


def embeddings(run):
    return np.concatenate([np.asarray(weight) for weight in run.model().training.get_layer("source_embedding").weights])


def test_the_source_embeddings_keep_their_pre_trained_values(tiny_recipe, pairs_file, tmp_path):
    longer = "training.pretrain_epochs=15"
    first, second = (trained(tiny_recipe, pairs_file, tmp_path / str(epochs), epochs, longer) for epochs in (1, 2))
    np.testing.assert_array_equal(embeddings(first), embeddings(second))
    fresh = trained(tiny_recipe, pairs_file, tmp_path / "none", 1, "training.pretrain_epochs=0")
    assert np.abs(embeddings(first)).std() > 1.5 * np.abs(embeddings(fresh)).std()


def test_resuming_does_not_repeat_pre_training(tiny_recipe, pairs_file, tmp_path):
    whole = trained(tiny_recipe, pairs_file, tmp_path / "whole", 2, *STEADY)
    trained(tiny_recipe, pairs_file, tmp_path / "parts", 1, *STEADY)
    parts = trained(tiny_recipe, pairs_file, tmp_path / "parts", 2, *STEADY, resume=True)
    for one, other in zip(whole.model().training.weights, parts.model().training.weights, strict=True):
        np.testing.assert_allclose(one, other, atol=1e-5)


def test_shared_embeddings_cannot_be_pre_trained(tmp_path):
    path = tmp_path / "a.toml"
    path.write_text('name = "a"\ntask = "chat"\n[[data.files]]\npath = "a.tsv"\n[training]\npretrain_epochs = 1\n')
    with pytest.raises(UserError, match=r"training\.pretrain_epochs must be 0 unless .*, got 1; it freezes the source"):
        load_recipe(path)
