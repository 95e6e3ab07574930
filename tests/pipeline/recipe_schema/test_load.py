import pytest

from seq2edge.device.errors import UserError
from seq2edge.models.decoders.config import TransformerDecoderConfig
from seq2edge.models.encoders.config import RecurrentEncoderConfig
from seq2edge.pipeline.recipe_schema.load import RECIPES, find_recipe, load_recipe, recipe_names
from seq2edge.pipeline.recipe_schema.seq2seq import Seq2SeqRecipe

MINIMAL = 'name = "a"\ntask = "chat"\n[data]\n[[data.files]]\npath = "a.tsv"\n'


def load(tmp_path, text, settings=None):
    path = tmp_path / "recipe.toml"
    path.write_text(text, encoding="utf-8")
    return load_recipe(path, settings)


def test_a_minimal_recipe_has_defaults_for_the_rest(tmp_path):
    recipe = load(tmp_path, MINIMAL)
    assert recipe.model.encoder.kind == "lstm"
    assert recipe.export.beam_sizes == [1, 5]


def test_a_recipe_can_be_written_and_loaded(tmp_path):
    recipe = load(tmp_path, MINIMAL, ["decoding.fallback.replies={ko='음',en='hm'}"])
    assert load(tmp_path, recipe.to_toml()) == recipe


def test_members_of_an_ensemble_are_models(tmp_path):
    members = '[[members]]\nunits = 64\n[[members]]\nencoder = "bag"\n[members.decoder]\nkind = "gru"\n'
    recipe = load(tmp_path, MINIMAL + members)
    assert [(model.units, model.encoder.kind, model.decoder.kind) for model in recipe.members] == [
        (64, "lstm", "lstm"),
        (recipe.model.units, "bag", "gru"),
    ]
    assert load(tmp_path, recipe.to_toml()) == recipe
    with pytest.raises(UserError, match=r"unknown key 'members\.1\.unit'; did you mean 'units'\?"):
        load(tmp_path, MINIMAL + "[[members]]\n[[members]]\nunit = 64\n")


@pytest.mark.parametrize("name", recipe_names())
def test_every_bundled_recipe_is_valid_and_described(name):
    recipe = load_recipe(RECIPES / f"{name}.toml")
    assert recipe.name == name
    assert recipe.about


def test_settings_override_keys(tmp_path):
    recipe = load(tmp_path, MINIMAL, ["model.units=64", "training.schedule=constant", "data.licence=CC BY 4.0"])
    assert (recipe.model.units, recipe.training.schedule, recipe.data.licence) == (64, "constant", "CC BY 4.0")


def test_all_mistakes_are_reported_at_once_with_suggestions(tmp_path):
    text = MINIMAL + '[model]\nunit = 3\nencoder = "rnm"\n[training]\nlearning_rate = -1\n[decodin]\nbeam = 3\n'
    with pytest.raises(UserError) as error:
        load(tmp_path, text)
    lines = str(error.value).split("\n")
    assert len(lines) == 4
    assert "unknown key 'model.unit'; did you mean 'units'?" in str(error.value)
    assert "model.encoder.kind must be one of 'rnn', 'gru', 'lstm', 'transformer', 'bag', 'ngrams', got 'rnm'" in str(
        error.value
    )
    assert "training.learning_rate must be greater than 0, got -1" in str(error.value)
    assert "unknown key 'decodin'; did you mean 'decoding'?" in str(error.value)


def test_a_misspelt_key_of_a_file_is_reported(tmp_path):
    with pytest.raises(UserError, match=r"unknown key 'data\.files\.0\.sorce'; did you mean 'source'"):
        load(tmp_path, MINIMAL + 'sorce = "q"\n')


@pytest.mark.parametrize(
    ("text", "message"),
    [("name = ", "not valid TOML"), ('name = "a"\ntask = "chat"\n', "data: missing; this key has no default")],
)
def test_invalid_recipes_are_refused(tmp_path, text, message):
    with pytest.raises(UserError, match=message):
        load(tmp_path, text)


def test_an_unknown_task_is_refused_with_the_known_ones(tmp_path):
    with pytest.raises(UserError, match=r"task must be one of 'chat', 'translation', .*, got 'poetry'"):
        load(tmp_path, MINIMAL, ["task=poetry"])


def test_languages_must_be_bcp_47_codes(tmp_path):
    assert load(tmp_path, MINIMAL).data.languages == []
    assert load(tmp_path, MINIMAL, ["data.target_language=pt-BR"]).data.languages == ["und", "pt-BR"]
    with pytest.raises(UserError, match=r'data\.source_language must be a BCP-47 code such as "en" or "pt-BR", got'):
        load(tmp_path, MINIMAL, ["data.source_language=english"])


def test_an_unknown_recipe_is_refused_with_the_bundled_ones():
    with pytest.raises(
        UserError, match=r"recipe 'quikstart': neither a file nor a bundled recipe; bundled recipes: .*quickstart"
    ):
        find_recipe("quikstart")


def test_a_recipe_cannot_be_changed():
    with pytest.raises(ValueError, match="frozen"):
        Seq2SeqRecipe.model_validate({"name": "a", "task": "chat", "data": {"files": [{"path": "a"}]}}).name = "b"


def test_settings_of_one_side_need_a_tokenizer_for_each(tmp_path):
    with pytest.raises(
        UserError, match="target_vocabulary, fold_case: only with a tokenizer for each side; set joint = false"
    ):
        load(tmp_path, MINIMAL, ["tokenizer.target_vocabulary=500", "tokenizer.fold_case=true"])


def test_conflicting_model_settings_are_all_refused(tmp_path):
    decoder = ['alignment="local-p"', "bidirectional=true", 'initial_state="copy"']
    model = ["encoder=gru", *(f"decoder.{setting}" for setting in decoder)]
    with pytest.raises(UserError) as error:
        load(tmp_path, MINIMAL, [f"model.{setting}" for setting in model])
    lines = [line.removeprefix(f"{tmp_path / 'recipe.toml'}: ") for line in str(error.value).split("\n")]
    assert [line.split(" ")[0] for line in lines] == [
        "model.decoder.bidirectional",
        "model.decoder.window",
        "model.decoder.initial_state",
    ]
    assert all("must be" in line or "leave it out" in line for line in lines)


@pytest.mark.parametrize(
    ("side", "settings", "reason"),
    [
        ("encoder", "bidirectional=false", "bidirectional = false: a Transformer encoder always sees both sides"),
        ("encoder", "layer_norm=true", "layer_norm = true: every sublayer of a Transformer is normalised"),
        ("decoder", "residual=true", "residual = true: every sublayer of a Transformer has a residual connection"),
        ("decoder", "attention=concat", "attention = 'concat': every head of a Transformer decoder attends by scaled"),
        ("decoder", "alignment=local-m", "alignment = 'local-m': a Transformer decoder attends to the whole source"),
        ("decoder", "input_feeding=true", "input_feeding = true: .* nothing is fed back"),
        ("decoder", "initial_state=mean", "initial_state = 'mean': a Transformer decoder has no recurrent state"),
        ("decoder", "bidirectional=true", "bidirectional = true: a decoder writes from first token to last"),
    ],
)
def test_settings_of_another_kind_are_refused_with_the_reason(tmp_path, side, settings, reason):
    with pytest.raises(UserError, match=rf"model\.{side}\.{reason}.*; leave it out$"):
        load(tmp_path, MINIMAL, [f"model.{side}=transformer", f"model.{side}.{settings}"])


def test_settings_of_another_kind_do_not_hide_other_mistakes(tmp_path):
    text = MINIMAL + '[model.encoder]\nkind = "transformer"\nbidirectional = false\nheads = 6\n'
    with pytest.raises(
        UserError, match=r"sees both sides[\s\S]*model\.encoder\.heads must be a divisor of units = 256 .*, got 6"
    ):
        load(tmp_path, text)


@pytest.mark.parametrize(
    ("key", "hint"),
    [
        ("encoder.layrs", "'layers'"),
        ("encoder_layers", "'encoder.layers'"),
        ("attention", "'decoder.attention'"),
        ("heads", "'encoder.heads' or 'decoder.heads'"),
    ],
)
def test_the_right_place_of_a_misplaced_key_is_suggested(tmp_path, key, hint):
    with pytest.raises(UserError, match=rf"unknown key 'model\.{key}'; did you mean {hint}\?"):
        load(tmp_path, MINIMAL, [f"model.{key}=2"])


def test_bounds_of_nested_settings_are_checked(tmp_path):
    with pytest.raises(UserError, match=r"model\.decoder\.layers must be less than or equal to 8, got 9"):
        load(tmp_path, MINIMAL, ["model.decoder.layers=9"])


def test_a_kind_alone_replaces_a_table(tmp_path):
    text = MINIMAL + '[model.decoder]\nkind = "lstm"\nattention = "dot"\n'
    settings = ["model.encoder=gru", "model.encoder.layers=2", "model.decoder=transformer"]
    model = load(tmp_path, text, settings).model
    assert model.encoder == RecurrentEncoderConfig(kind="gru", layers=2)
    assert model.decoder == TransformerDecoderConfig()
    assert load(tmp_path, text, ["model.decoder.kind=gru"]).model.decoder.attention == "dot"


def test_a_string_instead_of_a_section_is_refused(tmp_path):
    with pytest.raises(UserError, match=r"--set 'name\.first=2': name is not a section"):
        load(tmp_path, MINIMAL, ["name.first=2"])


def test_shared_embeddings_with_two_tokenizers_are_refused(tmp_path):
    with pytest.raises(UserError, match=r"model\.share_embeddings must be false with tokenizer\.joint = false"):
        load(tmp_path, MINIMAL, ["tokenizer.joint=false", "model.share_embeddings=true"])


def test_a_beam_larger_than_the_exported_beam_sizes_is_refused(tmp_path):
    with pytest.raises(UserError, match=r"decoding\.beam must be at most the largest of export\.beam_sizes, 5, got 8"):
        load(tmp_path, MINIMAL, ["decoding.beam=8"])
    assert load(tmp_path, MINIMAL, ["decoding.beam=8", "export.beam_sizes=[1, 8]"]).decoding.beam == 8


def test_the_resolved_recipe_decides_the_model(tmp_path):
    recipe = load(tmp_path, MINIMAL, ["model.encoder=transformer", "model.decoder.attention=location"])
    config = load(tmp_path, recipe.to_toml()).model.config(300, 300, joint=True)
    assert (config.encoder.kind, config.decoder.kind, config.decoder.attention) == ("transformer", "lstm", "location")
    assert config.share_embeddings


def test_conflicting_training_settings_are_all_refused(tmp_path):
    training = ["r_drop=1.0", "scheduled_sampling=0.5", "average=30", 'stop_on="bleu"', "score_sentences=0"]
    with pytest.raises(UserError) as error:
        load(tmp_path, MINIMAL, [f"training.{setting}" for setting in training])
    assert [line.split("training.")[1].split(" ")[0] for line in str(error.value).split("\n")] == [
        "r_drop",
        "stop_on",
        "average",
    ]


def test_targets_of_code_are_not_normalised(tmp_path):
    code = ["task=code"]
    recipe = load(tmp_path, MINIMAL, code)
    assert recipe.data.normalisations == ("NFC", "none")
    assert load(tmp_path, recipe.to_toml()).data == recipe.data
    of_code = [*code, "data.normalisation=none", "data.target_normalisation=NFKC"]
    assert load(tmp_path, MINIMAL, of_code).data.normalisations == ("none", "NFKC")
    assert load(tmp_path, MINIMAL, ["data.normalisation=NFKC"]).data.normalisations == ("NFKC", "NFKC")


def test_sources_without_normalisation_cannot_be_lower_cased(tmp_path):
    with pytest.raises(UserError, match=r'tokenizer\.fold_case must be false with data\.normalisation = "none"'):
        load(tmp_path, MINIMAL, ["data.normalisation=none", "tokenizer.joint=false", "tokenizer.fold_case=true"])


def test_a_digest_depends_only_on_the_settings(tmp_path):
    quickstart = RECIPES / "quickstart.toml"
    digest = load_recipe(quickstart).digest()
    (tmp_path / "recipe.toml").write_text(load_recipe(quickstart).to_toml(), encoding="utf-8")
    assert load_recipe(tmp_path / "recipe.toml", ["about=other words", "measured="]).digest() == digest
    assert load_recipe(quickstart, ["model.units=64"]).digest() != digest
