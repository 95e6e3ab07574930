"""Commands with the bundle of a classifier."""

import io
import json
import re
import sys

import pytest

from seq2edge.cli.main import main

TEXT = "the cold river is here"


@pytest.fixture
def call(classifier_bundles, capsys):
    """Call a command with the bundle of a classifier; return status, output and errors."""

    def call(command, *arguments, bundle="none"):
        status = main([command, str(classifier_bundles / bundle), *map(str, arguments)])
        captured = capsys.readouterr()
        return status, captured.out, captured.err

    return call


def test_run_prints_the_label(call):
    assert call("run", TEXT, "the old song is here") == (0, "cold\nold\n", "")


def test_run_prints_probabilities_of_the_best_labels(call):
    lines = call("run", TEXT, "--n-best", 3)[1].splitlines()
    assert re.fullmatch(r"  [01]\.\d\d  cold", lines[0])
    assert len(lines) == 3
    assert lines == sorted(lines, reverse=True)


def test_run_shows_the_tokens_that_decide(call):
    label, table = call("run", TEXT, "--attention")[1].splitlines()
    assert label == "cold"
    assert re.match(r"  cold +← \S+ [01]\.\d\d", table)


def test_run_writes_json(call):
    answer = json.loads(call("run", TEXT, "--n-best", 2, "--attention", "--json")[1])
    assert answer["text"] == answer["alternatives"][0]["text"] == "cold"
    assert len(answer["alternatives"]) == 2
    assert answer["parts"][0]["target"] == ["cold"]


def test_run_is_a_filter(call, monkeypatch):
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(f"{TEXT}\n\nthe old song\n".encode()), "utf-8"))
    assert call("run") == (0, "cold\n\nold\n", "")


def test_run_shows_a_prompt_in_a_terminal(call, monkeypatch):
    typed = iter([TEXT, "\ufeff", "the old song"])

    def read(prompt):
        if (line := next(typed, None)) is None:
            raise EOFError
        return line

    monkeypatch.setattr("builtins.input", read)
    monkeypatch.setattr(sys.stdin, "isatty", lambda: True, raising=False)
    assert call("run") == (0, "cold\nold\n\n", "note: the input is empty\n")


@pytest.mark.parametrize("flags", [("--beam", 5), ("--sample",), ("--required", "cold"), ("--max-length", 3)])
def test_run_refuses_search_options(call, flags):
    name = flags[0].strip("-").replace("-", "_")
    message = f"seq2edge: {name}: not an option of a classification model; its options are n_best\n"
    assert call("run", TEXT, *flags) == (2, "", message)


def test_bench_measures_texts(call):
    result = json.loads(call("bench", "--rounds", 2, "--json")[1])
    assert "beam" not in result
    assert result["threads"]["1"]["texts_per_second"] > 0
    assert "texts_per_second" in call("bench", "--rounds", 1)[1]
    assert call("bench", "--beam", 5)[2] == (
        "seq2edge: beam: not an option of a classification model; its options are n_best\n"
    )
