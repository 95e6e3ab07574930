import json
import shutil

import numpy as np
import pytest

from seq2edge.device.errors import UserError
from seq2edge.pipeline.recipe_schema.load import load_recipe
from seq2edge.pipeline.run import Run
from seq2edge.pipeline.training import ensemble
from seq2edge.pipeline.training.distillation import distill
from seq2edge.pipeline.training.ensemble import build_ensemble_run
from seq2edge.pipeline.training.options import DistillOptions, TrainOptions
from seq2edge.pipeline.training.trainer import train

SOURCE = np.array([[5, 6, 7, 8, 9, 3]], "int32")
TARGET_INPUTS = np.array([[2, 4, 5, 6]], "int32")


@pytest.fixture
def changed_copy(gru_run, tmp_path):
    """A copy of a run with values of its recipe and of its data's summary replaced."""

    def change(name, recipe=(), **summary):
        path = shutil.copytree(gru_run.path, tmp_path / name)
        text = (path / "recipe.toml").read_text(encoding="utf-8")
        for before, after in recipe:
            assert before in text
            text = text.replace(before, after)
        (path / "recipe.toml").write_text(text, encoding="utf-8")
        values = json.loads((path / "data" / "summary.json").read_text(encoding="utf-8"))
        (path / "data" / "summary.json").write_text(json.dumps(values | summary), encoding="utf-8")
        return path

    return change


def logits(run):
    return np.array(run.model().training([SOURCE, TARGET_INPUTS]))


def test_logits_are_the_mean_of_the_members(ensemble_run, trained_run, gru_run):
    np.testing.assert_allclose(logits(ensemble_run), (logits(trained_run) + logits(gru_run)) / 2, atol=1e-5)
    (result,) = ensemble_run.runner().run_all(["the red stone is here"])
    assert result.text == "stone red"
    assert result.parts[0].attention is not None


def test_the_recipe_lists_the_members_and_the_history_adds_their_time(ensemble_run, trained_run, gru_run):
    recipe = load_recipe(ensemble_run.path / "recipe.toml")
    assert recipe.members == [trained_run.recipe.model, gru_run.recipe.model]
    assert recipe.name == "tiny-ensemble"
    assert recipe.digest() not in (trained_run.recipe.digest(), gru_run.recipe.digest())
    (row,) = ensemble_run.history()
    assert row["seconds"] == pytest.approx(sum(run.history()[-1]["seconds"] for run in (trained_run, gru_run)))
    assert ensemble_run.data.checksums() == trained_run.data.checksums()


def test_all_reasons_against_members_are_reported_at_once(
    trained_run, ensemble_run, classifier_run, changed_copy, tmp_path
):
    lengths = (("source_length = 24", "source_length = 32"), ("target_length = 24", "target_length = 20"))
    other = changed_copy("other", (*lengths, ('task = "translation"', 'task = "chat"')), content="0" * 64)
    for tokenizer in set(Run.open(other).data.tokenizers):
        tokenizer.write_bytes(tokenizer.read_bytes() + b"x")
    (other / "data" / "test.jsonl").write_text("", encoding="utf-8")
    (tmp_path / "unfinished").mkdir()
    first = trained_run.path
    with pytest.raises(UserError) as error:
        build_ensemble_run(
            [first, tmp_path / "unfinished", classifier_run.path, ensemble_run.path, other], tmp_path / "new"
        )
    lines = str(error.value).split("\n")
    assert lines[0].startswith(f"{tmp_path / 'unfinished'}: not a finished run, recipe.toml is missing")
    assert lines[1] == f"{classifier_run.path} must be a run of an encoder-decoder, got the task 'classification'"
    assert lines[2] == f"{ensemble_run.path}: is itself an ensemble; give the runs that it was made of"
    assert lines[3:6] == [
        f"{other}: task chat, but translation in {first}",
        f"{other}: model.source_length 32, but 24 in {first}",
        f"{other}: model.target_length 20, but 24 in {first}",
    ]
    starts = [f"{other}: {name}" for name in ("content of the data 000000000000, but", "tokenizers", "test data")]
    assert [line.startswith(start) for line, start in zip(lines[6:], starts, strict=True)] == [True, True, True]
    assert not (tmp_path / "new").exists()


def test_a_single_run_is_refused(trained_run, tmp_path):
    with pytest.raises(UserError, match="an ensemble must have at least 2 runs, got 1"):
        build_ensemble_run([trained_run.path], tmp_path / "new")


def test_an_ensemble_is_written_completely_or_not_at_all(trained_run, gru_run, tmp_path, monkeypatch):
    members = [trained_run.path, gru_run.path]
    (tmp_path / "new").mkdir()
    for name in ("notes.txt", "recipe.toml"):
        (tmp_path / "new" / name).write_text("mine", encoding="utf-8")
    with pytest.raises(UserError, match="already exists"):
        build_ensemble_run(members, tmp_path / "new")

    def fail(*arguments):
        raise OSError("no space")

    monkeypatch.setattr(ensemble, "save_model", fail)
    with pytest.raises(OSError, match="no space"):
        build_ensemble_run(members, tmp_path / "new", overwrite=True)
    assert sorted(path.name for path in tmp_path.rglob("*")) == ["new", "notes.txt", "recipe.toml"]
    monkeypatch.undo()
    assert build_ensemble_run(members, tmp_path / "new", overwrite=True).recipe.is_ensemble
    assert not (tmp_path / "new" / "notes.txt").exists()


def test_the_recipe_of_an_ensemble_cannot_be_trained(ensemble_run, trained_run, tmp_path):
    with pytest.raises(UserError, match="which is not trained; train each member, then: seq2edge ensemble"):
        train(ensemble_run.recipe, tmp_path / "new", TrainOptions(quiet=True))
    with pytest.raises(UserError, match="which is not trained"):
        distill(trained_run, ensemble_run.recipe, tmp_path / "new", DistillOptions(quiet=True))
    assert not list(tmp_path.iterdir())


def test_training_cannot_start_from_the_weights_of_an_ensemble(ensemble_run, tiny_recipe, pairs_file, tmp_path):
    options = TrainOptions(recipe_folder=pairs_file.parent, quiet=True, initial_run=ensemble_run)
    with pytest.raises(UserError, match="must be a run of one model, got an ensemble"):
        train(tiny_recipe(), tmp_path / "new", options)


def test_an_ensemble_can_teach_a_student(ensemble_run, tiny_recipe, pairs_file, tmp_path):
    recipe = tiny_recipe(epochs=1, settings=["model.units=16"])
    options = DistillOptions(recipe_folder=pairs_file.parent, beam=1, quiet=True)
    student = distill(ensemble_run, recipe, tmp_path / "student", options)
    taught = [(pair.source, pair.target) for pair in student.data.texts("train")]
    answers = ensemble_run.runner().run_all([source for source, _ in taught], beam=1)
    assert [target for _, target in taught] == [answer.text for answer in answers]
