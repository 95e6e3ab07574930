import os
import shutil
import time
from pathlib import Path
from types import SimpleNamespace

import matplotlib.image
import pytest

from seq2edge.cli.main import main
from seq2edge.device.errors import UserError
from seq2edge.export.comparison import compare, int8_bundle, plot, table
from seq2edge.pipeline.data.dataset import read_split
from seq2edge.pipeline.files import RECIPE_FILE
from seq2edge.pipeline.run import Run
from seq2edge.pipeline.training.options import TrainOptions
from seq2edge.pipeline.training.trainer import train


@pytest.fixture(scope="module")
def rows(trained_run, pairs_file, tmp_path_factory):
    from seq2edge.pipeline.recipe_schema.load import load_recipe

    recipe = load_recipe(pairs_file.parent / "trained.toml", ["model.units=32", "training.epochs=2"])
    small = train(
        recipe, tmp_path_factory.mktemp("runs") / "small", TrainOptions(recipe_folder=pairs_file.parent, quiet=True)
    )
    return compare([trained_run, small], quiet=True)


def test_score_size_and_time_of_every_run_are_measured(rows):
    large, small = rows
    assert large.scores["chrf"] > small.scores["chrf"]  # BLEU needs four words
    assert large.parameters > small.parameters
    assert large.int8_mb > small.int8_mb
    assert min(large.minutes, small.minutes, large.ms, small.ms) > 0


def test_the_table_names_each_run(rows):
    lines = table(rows).split("\n")
    assert lines[0] == "valid set"
    assert [line.split()[0] for line in lines[2:]] == ["tiny", "small"]


def test_runs_with_different_metrics_are_not_compared():
    runs = [
        SimpleNamespace(path=Path(name), recipe=SimpleNamespace(task=task))
        for name, task in (("chatbot", "chat"), ("intents", "classification"))
    ]
    with pytest.raises(UserError, match="intents: its task, classification, has other scores than that of chatbot"):
        compare(runs)


def test_the_plot_is_written_as_an_image(rows, tmp_path):
    plot(rows, tmp_path / "comparison.png")
    assert matplotlib.image.imread(tmp_path / "comparison.png").shape[1] > 1000


def test_a_student_is_compared_with_its_int8_teacher(trained_run, pairs_file, tmp_path, capsys):
    command = ["distill", str(trained_run.path), str(pairs_file.parent / "trained.toml"), "--int8", "--beam", "1"]
    settings = ["--set", "model.units=16", "--set", "training.epochs=1"]
    assert main([*command, *settings, "--output", str(tmp_path / "student"), "--quiet"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert [line.split()[0] for line in lines[2:]] == ["tiny", "student"]
    taught = {pair.source: pair.target for pair in read_split(tmp_path / "student.distilled", "train")}
    words = {"the blue house is here": "house blue", "the red stone is here": "stone red"}
    assert any(taught.get(source) == target for source, target in words.items())


def test_a_changed_recipe_exports_the_int8_bundle_again(rows, trained_run, tmp_path):
    copy = shutil.copytree(trained_run.path, tmp_path / "run")
    before = int8_bundle(Run.open(copy))
    recipe = copy / RECIPE_FILE
    text = recipe.read_text(encoding="utf-8")
    recipe.write_text(text.replace("length_penalty = 0.6", "length_penalty = 1.4"), encoding="utf-8")
    os.utime(recipe, (time.time() + 60,) * 2)
    after = int8_bundle(Run.open(copy))
    assert tuple(one.manifest.decoding["length_penalty"] for one in (before, after)) == (0.6, 1.4)
