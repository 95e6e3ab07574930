import pytest

from seq2edge.device.errors import UserError
from seq2edge.pipeline.recipe_schema.base import merge
from seq2edge.pipeline.recipe_schema.load import RECIPES, load_recipe

BASE = """\
name = "base"
task = "chat"
about = "the base"
measured = "BLEU 1"
[data]
valid = 0.1
[[data.files]]
path = "a.tsv"
[[data.files]]
path = "b.tsv"
[model]
units = 64
[model.encoder]
kind = "lstm"
layers = 2
[model.decoder]
kind = "lstm"
attention = "dot"
"""


def put(folder, name, text):
    path = folder / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")
    return path


def built(tmp_path, text, settings=None):
    """A recipe that builds on BASE."""
    put(tmp_path, "base.toml", BASE)
    return load_recipe(put(tmp_path, "new.toml", f'base = "base.toml"\nname = "new"\n{text}'), settings)


def test_tables_are_merged_and_lists_are_replaced(tmp_path):
    recipe = built(tmp_path, '[model]\ndropout = 0.5\n[[data.files]]\npath = "c.tsv"\n')
    assert (recipe.task, recipe.model.units, recipe.model.dropout) == ("chat", 64, 0.5)
    assert (recipe.data.valid, [file.path for file in recipe.data.files]) == (0.1, ["c.tsv"])


def test_name_and_description_are_not_inherited(tmp_path):
    recipe = built(tmp_path, "")
    assert (recipe.name, recipe.about, recipe.measured) == ("new", "", "")
    with pytest.raises(UserError, match="name: missing"):
        load_recipe(put(tmp_path, "nameless.toml", 'base = "base.toml"\n'))


def test_settings_are_applied_last(tmp_path):
    recipe = built(tmp_path, "[model]\nunits = 96\n", ["model.units=128", "data.valid=0.2"])
    assert (recipe.model.units, recipe.data.valid) == (128, 0.2)


def test_a_base_may_have_a_base(tmp_path):
    built(tmp_path, "[model]\nunits = 96\n")
    recipe = load_recipe(put(tmp_path, "newest.toml", 'base = "new.toml"\nname = "newest"\n'))
    assert (recipe.model.units, recipe.model.encoder.layers) == (96, 2)


@pytest.mark.parametrize(
    ("side", "expected"),
    [
        ('[model.encoder]\nkind = "gru"\n', ("gru", 1)),
        ('[model.encoder]\nkind = "lstm"\nbidirectional = false\n', ("lstm", 2)),
        ("[model.encoder]\nbidirectional = false\n", ("lstm", 2)),
        ('[model]\nencoder = "lstm"\n', ("lstm", 1)),
    ],
)
def test_a_new_kind_drops_the_inherited_settings_of_its_side(tmp_path, side, expected):
    model = built(tmp_path, side).model
    assert (model.encoder.kind, model.encoder.layers) == expected
    assert model.decoder.attention == "dot"


def test_a_kind_without_a_table_in_the_base_is_merged():
    merged = merge({"model": {"encoder": "gru"}}, {"model": {"encoder": {"layers": 3}}})
    assert merged == {"model": {"encoder": {"kind": "gru", "layers": 3}}}


def test_a_written_recipe_is_complete(tmp_path):
    recipe = built(tmp_path, "[model]\nunits = 96\n")
    alone = put(tmp_path, "elsewhere/recipe.toml", recipe.to_toml())
    assert "base =" not in alone.read_text(encoding="utf-8")
    assert load_recipe(alone) == recipe


def test_the_hybrid_has_the_data_of_its_base():
    hybrid, base = (load_recipe(RECIPES / f"multi30k-{name}.toml") for name in ("hybrid", "en-de"))
    assert (hybrid.data, hybrid.tokenizer, hybrid.model.encoder) == (base.data, base.tokenizer, base.model.encoder)
    assert (hybrid.model.decoder.kind, hybrid.model.units) == ("transformer", 256)


def test_a_base_can_be_the_name_of_a_bundled_recipe(tmp_path):
    recipe = load_recipe(put(tmp_path, "mine.toml", 'base = "multi30k-hybrid"\nname = "mine"\n'))
    assert recipe.training == load_recipe(RECIPES / "multi30k-hybrid.toml").training


def test_data_of_a_base_in_another_folder_is_found(tmp_path):
    put(tmp_path, "shared/a.tsv", "one\ttwo\n")
    put(tmp_path, "shared/base.toml", BASE)
    recipe = load_recipe(put(tmp_path, "mine/new.toml", 'base = "../shared/base.toml"\nname = "new"\n'))
    assert [file.path for file in recipe.data.files] == [str((tmp_path / "shared/a.tsv").resolve()), "b.tsv"]


@pytest.mark.parametrize(
    ("files", "message"),
    [
        ({"a": 'base = "a.toml"'}, r"a\.toml → a\.toml: these recipes build on each other in a circle"),
        (
            {"a": 'base = "b.toml"', "b": 'base = "x/../a.toml"', "x/c": ""},
            r"a\.toml → b\.toml → x/\.\./a\.toml: these recipes build on each other in a circle",
        ),
        (
            {"a": 'base = "b.toml"', "b": 'base = "multi30k"'},
            r"a\.toml → b\.toml → multi30k: neither a bundled recipe nor a file at .*; bundled .*: .*multi30k-en-de",
        ),
        ({"a": 'base = ""'}, "neither a bundled recipe nor a file"),
        ({"a": 'base = "b.toml"', "b": "name = "}, r"a\.toml → b\.toml: not valid TOML"),
        ({"a": "base = 3"}, r"a\.toml: base must be the name of a bundled recipe or a path in quotes, got 3"),
        ({"a": 'base = ["b.toml"]'}, r"a\.toml: base must be .*, got \['b\.toml'\]"),
    ],
)
def test_an_unusable_base_is_refused_in_one_line(tmp_path, files, message):
    for name, text in files.items():
        put(tmp_path, f"{name}.toml", text + "\n")
    with pytest.raises(UserError, match=message) as error:
        load_recipe(tmp_path / "a.toml")
    assert "\n" not in str(error.value)


def test_a_base_cannot_be_given_as_a_setting(tmp_path):
    with pytest.raises(UserError, match="--set 'base=other': a base is named in the recipe itself"):
        built(tmp_path, "", ["base=other"])


def test_a_string_instead_of_a_table_is_refused(tmp_path):
    with pytest.raises(UserError, match=r"data must be .*, got 'none'"):
        built(tmp_path, 'data = "none"\n')
