import pytest

from seq2edge.cli.main import main
from seq2edge.device.tasks import TASKS
from seq2edge.pipeline.evaluation.metrics.registry import METRICS, basic_metrics
from seq2edge.pipeline.recipe_schema.load import load_recipe

RECIPE = 'name = "a"\ntask = "{task}"\n[[data.files]]\npath = "a.tsv"\n'


@pytest.mark.parametrize("task", TASKS.values(), ids=TASKS)
def test_every_task_has_known_metrics_and_valid_recipes(task, tmp_path):
    assert set(task.metrics) <= METRICS.keys()
    (tmp_path / "a.toml").write_text(RECIPE.format(task=task.name))
    recipe = load_recipe(tmp_path / "a.toml")
    assert recipe.task == task.name
    assert ("loss", *basic_metrics(task.name)) == recipe.STOP_ON
    assert task.stop_on in recipe.STOP_ON


def test_init_has_the_tasks_as_choices(capsys):
    with pytest.raises(SystemExit):
        main(["init", "pairs.tsv", "--task", "poetry"])
    message = capsys.readouterr().err
    assert all(repr(name) in message for name in TASKS)


def test_a_new_task_needs_only_an_entry(tmp_path, monkeypatch):
    monkeypatch.setitem(TASKS, "poetry", TASKS["commands"])
    (tmp_path / "a.toml").write_text(RECIPE.format(task="poetry"))
    assert load_recipe(tmp_path / "a.toml").task == "poetry"
