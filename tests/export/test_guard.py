import json
from pathlib import Path

import pytest

from seq2edge.cli.main import main
from seq2edge.device.errors import UserError
from seq2edge.device.guard import Guard
from seq2edge.device.runners.load import load_runner
from seq2edge.device.vectors.check import check_vectors
from seq2edge.export.bundle import export_bundle
from seq2edge.export.guard import LANGUAGES, build_guard
from seq2edge.export.guard_training import messages
from seq2edge.export.options import ExportOptions
from seq2edge.export.saved_model import export_saved_model
from seq2edge.pipeline.recipe_schema.load import find_recipe, load_recipe
from seq2edge.pipeline.recipe_schema.seq2seq import BUNDLED_GUARD, GuardSettings
from seq2edge.pipeline.run import Run

FOLDER = Path(__file__).parents[2] / "pipeline/corpora/smalltalk/guard"
OWN = {
    "name": "water",
    "replies": {"en": "Mind the water.", "ko": "물 조심하세요."},
    "patterns": {"en": [" river "], "ko": ["강물"]},
    "unless": {"en": [" cold river "]},
}
SAID = [
    ("the RED river!", "water"),
    ("강 물", "water"),
    ("the cold river is here", None),
    ("the red stone is here", None),
]


@pytest.fixture(scope="module")
def guarded_run(trained_run):
    """The tiny run with a guard in its recipe."""
    guard = GuardSettings.model_validate({"bundled": False, "categories": [OWN]})
    return Run(trained_run.path, trained_run.recipe.model_copy(update={"guard": guard}), trained_run.data)


@pytest.fixture(scope="module")
def guarded_bundle(guarded_run, tmp_path_factory):
    folder = tmp_path_factory.mktemp("guarded") / "bundle"
    export_bundle(guarded_run, folder, ExportOptions("none"), lambda line: None)
    return folder


def test_a_bundle_has_the_guard_of_its_recipe(guarded_bundle):
    runner = load_runner(guarded_bundle)
    assert [runner.run(text).guard for text, _ in SAID] == [category for _, category in SAID]
    assert runner.run("강물").text == "물 조심하세요."
    assert "guard.json" in runner.manifest.files


def test_run_notes_that_the_guard_answered(guarded_bundle, capsys):
    assert main(["run", str(guarded_bundle), "the red river"]) == 0
    out, err = capsys.readouterr()
    assert out == "Mind the water.\n"
    assert "note: answered by the guard (water), not by the model" in err


def test_verify_finds_a_wrong_pattern(guarded_bundle, replace_file, tmp_path):
    import shutil

    copy = shutil.copytree(guarded_bundle, tmp_path / "copy")
    values = json.loads((copy / "guard.json").read_text(encoding="utf-8"))
    values["categories"][0]["patterns"]["en"] = [".*"]
    replace_file(copy, "guard.json", json.dumps(values).encode())
    with pytest.raises(UserError, match=r"guard\.json: category 'water': '\.\*': matches everything"):
        check_vectors(copy)


@pytest.mark.slow
def test_a_saved_model_contains_the_guard(guarded_run, tmp_path):
    import tensorflow as tf

    path = export_saved_model(guarded_run, tmp_path / "saved")
    for signature in ("serving_default", "beam"):
        found = tf.saved_model.load(str(path)).signatures[signature](text=tf.constant([text for text, _ in SAID]))
        assert [name.decode() or None for name in found["guard"].numpy()] == [category for _, category in SAID]
        answers = [text.decode() for text in found["text"].numpy()]
        assert answers == ["Mind the water.", "물 조심하세요.", "river cold", "stone red"]


@pytest.mark.slow
def test_the_bundled_guard_answers_the_same_in_a_graph():
    import tensorflow as tf

    from seq2edge.export.text_guard import GraphGuard

    values = build_guard(GuardSettings(categories=[OWN]))
    guard = Guard.of_values(values)
    marks = ["I want to die❤️", "i want to d̶i̶e̶", "ſuicide", "the river \uffa1", f"river {'x' * 60} I want to die"]
    texts = [
        "the RED river!",
        "강 물",
        "",
        *marks,
        *(text for name in LANGUAGES for _, text in messages(FOLDER, name)[::340]),
    ]
    found = GraphGuard(values).answer(tf.constant(texts), tf.constant(["?"] * len(texts)))
    replies, categories = ([one.decode() for one in some.numpy()] for some in found)
    expected = [guard.check(text) for text in texts]
    assert categories == [one.category if one else "" for one in expected]
    assert replies == [one.reply if one else "?" for one in expected]
    assert len(set(categories)) > 4


@pytest.mark.slow
def test_other_languages_and_several_unless_answer_the_same_in_a_graph():
    import tensorflow as tf

    from seq2edge.export.text_guard import GraphGuard

    own = {"name": "a", "replies": {"de": "Nein.", "ko": "아니요."}, "patterns": {"de": [" nein ", " a "]}}
    guard_settings = GuardSettings(bundled=False, categories=[{**own, "unless": {"de": [" b c ", " a b "]}}])
    values, texts = build_guard(guard_settings), ["Nein!", "nein 강", "a b c", "b c a", "ja"]
    found = GraphGuard(values).answer(tf.constant(texts), tf.constant(["?"] * len(texts)))
    expected = [Guard.of_values(values).check(text) for text in texts]
    assert [one and one.reply for one in expected] == ["Nein.", "아니요.", "Nein.", "Nein.", None]
    assert [one.decode() for one in found[0].numpy()] == [one.reply if one else "?" for one in expected]


@pytest.mark.parametrize("name", ["a", "illness"])
def test_two_categories_with_the_same_name_are_refused(name, tmp_path):
    text = find_recipe("quickstart").read_text(encoding="utf-8")
    own = f'[[guard.categories]]\nname = "{name}"\nreplies.en = "b"\npatterns.en = [" fine "]\n'
    (tmp_path / "a.toml").write_text(text + own + own, encoding="utf-8")
    with pytest.raises(UserError, match=f"names of their own, got '{name}', which is taken"):
        load_recipe(tmp_path / "a.toml")


def test_the_quickstart_has_the_bundled_guard_and_one_line_turns_it_off():
    recipe = load_recipe(find_recipe("quickstart"))
    names = [category["name"] for category in build_guard(recipe.guard)["categories"]]
    assert names == ["overdose", "self_harm", "abuse", "eating_disorder", "illness", "bereavement"]
    assert names == list(BUNDLED_GUARD)
    off = load_recipe(find_recipe("quickstart"), ["guard.bundled=false"])
    assert build_guard(off.guard)["categories"] == []


def test_a_wrong_pattern_in_a_recipe_is_named(tmp_path):
    text = find_recipe("quickstart").read_text(encoding="utf-8")
    own = '[[guard.categories]]\nname = "a"\nreplies.en = "b"\npatterns.en = ["(", ".*", " fine "]\n'
    (tmp_path / "a.toml").write_text(text + own, encoding="utf-8")
    with pytest.raises(UserError) as error:
        load_recipe(tmp_path / "a.toml")
    first, second = str(error.value).splitlines()
    assert "patterns.en must contain regular expressions for folded text, got '('; not a valid pattern" in first
    assert "got '.*'; matches everything" in second
