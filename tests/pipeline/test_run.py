import dataclasses
import json
import shutil

import pytest

from seq2edge.device.errors import UserError
from seq2edge.pipeline.run import Run
from seq2edge.pipeline.training.options import TrainOptions
from seq2edge.pipeline.training.trainer import train


@pytest.fixture
def old_run(trained_run, tmp_path):
    """A run whose recipe and data were written by an earlier version."""
    path = shutil.copytree(trained_run.path, tmp_path / "old")
    summary = json.loads((path / "data" / "summary.json").read_text(encoding="utf-8"))
    (path / "data" / "summary.json").write_text(json.dumps(summary | {"format": 1}), encoding="utf-8")
    (path / "recipe.toml").write_text('name = "old"\n[model]\nencoder_layers = 1\n', encoding="utf-8")
    return path


def test_a_run_of_an_older_format_is_refused_with_the_command(old_run):
    with pytest.raises(UserError, match=r"run of format 1, this version reads 3; train it again: seq2edge train"):
        Run.open(old_run)


def test_a_run_of_an_older_format_is_not_resumed(old_run, trained_run):
    with pytest.raises(UserError, match="run of format 1"):
        train(trained_run.recipe, old_run, TrainOptions(resume=True, quiet=True))
    assert (old_run / "model.keras").is_file()


def test_the_languages_of_a_recipe_are_in_its_manifest(trained_run):
    data = trained_run.recipe.data.model_copy(update={"source_language": "en", "target_language": "de"})
    run = dataclasses.replace(trained_run, recipe=trained_run.recipe.model_copy(update={"data": data}))
    assert (trained_run.manifest().languages, run.manifest().languages) == ([], ["en", "de"])
