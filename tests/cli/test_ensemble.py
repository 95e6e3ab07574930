import json

import pytest

from seq2edge.cli.main import main
from seq2edge.pipeline.run import Run


def call(capsys, *arguments):
    status = main([str(argument) for argument in arguments])
    captured = capsys.readouterr()
    return status, captured.out, captured.err


@pytest.mark.slow
def test_an_ensemble_is_scored_and_compared_like_any_run(trained_run, gru_run, tmp_path, capsys):
    path = tmp_path / "both"
    status, out, err = call(capsys, "ensemble", trained_run.path, gru_run.path, "--output", path)
    assert (status, out) == (0, f"run: {path}\n")
    assert f"next: seq2edge evaluate {path}" in err
    assert Run.open(path).recipe.is_ensemble
    status, out, _ = call(capsys, "evaluate", path, gru_run.path, "--json", "--quiet")
    found = {system["name"]: system["scores"]["exact_match"] for system in json.loads(out)["systems"]}
    assert status == 0
    assert found["both"] >= found["gru"]

    plot = ("--plot", tmp_path / "comparison.png", "--json", "--quiet")
    status, out, _ = call(capsys, "compare", gru_run.path, path, *plot)
    member, ensemble = json.loads(out)
    assert (status, ensemble["name"]) == (0, "both")
    assert ensemble["parameters"] > member["parameters"]
    assert ensemble["minutes"] > member["minutes"]
    assert call(capsys, "verify", path / "int8")[0] == 0


def test_incompatible_runs_are_refused(trained_run, classifier_run, tmp_path, capsys):
    status, out, err = call(capsys, "ensemble", trained_run.path, classifier_run.path, "--output", tmp_path / "both")
    assert (status, out) == (2, "")
    assert (
        err == f"seq2edge: {classifier_run.path} must be a run of an encoder-decoder, got the task 'classification'\n"
    )
    assert not (tmp_path / "both").exists()
