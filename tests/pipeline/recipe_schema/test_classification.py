import pytest

from seq2edge.device.errors import UserError
from seq2edge.pipeline.recipe_schema.classification import ClassificationRecipe
from seq2edge.pipeline.recipe_schema.load import find_recipe, load_recipe

RECIPE = 'name = "a"\ntask = "classification"\n[[data.files]]\npath = "a.tsv"\n'


@pytest.fixture
def load(tmp_path):
    def load(text=RECIPE, *settings):
        (tmp_path / "a.toml").write_text(text, encoding="utf-8")
        return load_recipe(tmp_path / "a.toml", list(settings))

    return load


def test_a_recipe_for_labels_has_its_own_class(load):
    recipe = load()
    assert isinstance(recipe, ClassificationRecipe)
    assert recipe.tokenizer_sides == ("source",)
    assert recipe.model_lengths == {"source_length": 64}
    assert recipe.model.pooling == "mean"


def test_a_resolved_recipe_loads_as_the_same_recipe(load):
    recipe = load_recipe(find_recipe("intents"))
    assert load(recipe.to_toml()) == recipe
    assert "target" not in recipe.to_toml().replace("target = 1", "")  # the column


@pytest.mark.parametrize(
    ("setting", "message"),
    [
        ("data.target_language='en'", "data.target_language = 'en': only for targets that are text, these are labels"),
        ("tokenizer.joint=true", "tokenizer.joint = true: only for targets that are text"),
        ("training.scheduled_sampling=0.5", "training.scheduled_sampling = 0.5: only for targets that are text"),
        ("training.stop_on='bleu'", "training.stop_on must be one of 'loss', 'accuracy', 'macro_f1' for the task"),
        ("model.pooling='median'", "model.pooling"),
        ("model.decoder='gru'", "unknown key 'model.decoder'"),
        ("export.beam_sizes=[1]", "unknown key 'export.beam_sizes'"),
        ("decoding.beam=5", "unknown key 'decoding'"),
    ],
)
def test_settings_without_meaning_for_a_classifier_are_refused(load, setting, message):
    with pytest.raises(UserError) as error:
        load(RECIPE, setting)
    assert message in str(error.value)


def test_all_mistakes_are_reported_at_once(load):
    with pytest.raises(UserError) as error:
        load(RECIPE, "tokenizer.joint=true", "data.keep_identical=false")
    assert len(str(error.value).splitlines()) == 2
