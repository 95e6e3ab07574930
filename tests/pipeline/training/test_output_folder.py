from types import SimpleNamespace

import pytest

from seq2edge.device.errors import UserError
from seq2edge.pipeline.training.options import TrainOptions
from seq2edge.pipeline.training.output_folder import claim_output, discard_replaced

OVERWRITE = TrainOptions(overwrite=True, quiet=True)


@pytest.fixture
def run(tmp_path):
    """A folder with the files of a complete run."""
    folder = tmp_path / "runs" / "mine"
    (folder / "data").mkdir(parents=True)
    for name in ("recipe.toml", "model.keras", "data/summary.json"):
        (folder / name).write_text("first")
    return folder


def test_a_replaced_run_is_kept_until_the_new_one_is_complete(run, tiny_recipe, capsys):
    claim_output(tiny_recipe(), run, TrainOptions(overwrite=True))
    old = run.parent / ".mine.old"
    assert capsys.readouterr().err == f"the earlier run is kept in {old} until the new one is complete\n"
    assert (old / "model.keras").read_text() == "first"
    assert [path.name for path in run.iterdir()] == ["data"]
    assert (old / "data" / "summary.json").is_file()
    discard_replaced(run)
    assert not old.exists()


def test_a_second_attempt_to_replace_a_run_keeps_it_too(run, tiny_recipe):
    claim_output(tiny_recipe(), run, OVERWRITE)
    (run / "recipe.toml").write_text("second")  # written at the start of a training that was interrupted
    claim_output(tiny_recipe(), run, OVERWRITE)
    assert (run.parent / ".mine.old" / "model.keras").read_text() == "first"
    assert (run / "data" / "summary.json").is_file()
    assert sorted(path.name for path in run.parent.iterdir()) == [".mine.old", "mine"]


def test_a_run_is_not_replaced_by_one_that_starts_from_it(run, tiny_recipe):
    options = TrainOptions(overwrite=True, quiet=True, initial_run=SimpleNamespace(path=run))
    with pytest.raises(UserError, match=r"mine: the new run starts from this one \(--from\); choose another --output"):
        claim_output(tiny_recipe(), run, options)
    assert (run / "model.keras").read_text() == "first"


def test_a_folder_of_something_else_is_never_replaced(tmp_path, tiny_recipe):
    (tmp_path / "thesis.tex").write_text("precious")
    with pytest.raises(UserError, match=r"has other files and no recipe\.toml, so it is not overwritten"):
        claim_output(tiny_recipe(), tmp_path, OVERWRITE)
    assert (tmp_path / "thesis.tex").read_text() == "precious"
