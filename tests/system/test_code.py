"""Code is not changed, from training to the output of a command."""

import io
import itertools
import json
import sys

import pytest

from seq2edge.cli.main import main
from seq2edge.device.runners.load import load_runner
from seq2edge.pipeline.evaluation.evaluate import EvaluateOptions, evaluate_run
from seq2edge.pipeline.run import Run

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def run(code_folder):
    return Run.open(code_folder / "run")


@pytest.fixture(scope="module")
def bundle(code_folder):
    return code_folder / "bundle"


@pytest.fixture(scope="module")
def pair(run, bundle):
    """A pair of the training set that the bundle reproduces."""
    pairs, runner = list(run.data.texts("train")), load_runner(bundle)
    answers = runner.run_all([pair.source for pair in pairs])
    known = [pair for pair, answer in zip(pairs, answers, strict=True) if answer.text == pair.target]
    assert len(known) > 0.8 * len(pairs)
    return known[0]


def test_keras_and_the_bundle_write_the_function_exactly(run, bundle, pair):
    for runner in (run.runner(), load_runner(bundle)):
        assert runner.manifest.normalisations == ("NFC", "none")
        assert runner.run(pair.source).text == pair.target
        assert runner.run(pair.source, beam=5, n_best=2).alternatives[0][0] == pair.target


def test_a_stream_keeps_white_space(bundle, pair):
    shown = list(load_runner(bundle).stream(pair.source))
    assert shown[-1] == pair.target
    assert all(later.startswith(earlier) for earlier, later in itertools.pairwise(shown))


def test_phrases_can_be_code(bundle, pair):
    runner = load_runner(bundle)
    start = pair.target[: pair.target.index("if")]
    assert runner.run(pair.source, prefix=start).text == pair.target
    assert "\t" not in runner.run(pair.source, banned=("\t",)).text


def test_the_lines_of_a_source_are_one_text(bundle, pair):
    runner = load_runner(bundle)
    first, rest = pair.source.split(" ", 1)
    assert runner.run(f"\n{first}\n\n {rest}.\n").parts[0].source_tokens[-1] == "</s>"
    assert runner.run(f"{first}\n{rest}").text == pair.target


def test_a_long_source_is_truncated_with_a_note(bundle, pair):
    result = load_runner(bundle).run(f"{pair.source}. " * 20)
    assert len(result.parts) == 1
    assert len(result.parts[0].source_tokens) <= 24
    assert result.cut.startswith("the text is longer than the model reads")


def test_the_command_prints_the_function_exactly_and_escapes_it_in_json(bundle, pair, capsysbinary, monkeypatch):
    main(["run", str(bundle), pair.source])
    assert capsysbinary.readouterr().out == f"{pair.target}\n".encode()
    main(["run", str(bundle), pair.source, "--json"])
    assert json.loads(capsysbinary.readouterr().out)["text"] == pair.target
    for options, expected in ((["--json"], pair.target), ([], " ".join(pair.target.splitlines()))):
        monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(f"{pair.source}\n".encode()), "utf-8"))
        main(["run", str(bundle), *options])
        out = capsysbinary.readouterr().out.decode()
        assert (json.loads(out)["text"] if options else out.removesuffix("\n")) == expected


def test_the_main_score_counts_white_space(run, tmp_path):
    evaluation = evaluate_run(run, "train", EvaluateOptions(tmp_path, quiet=True))
    hits = sum(
        answer.text in e.references for answer, e in zip(evaluation.answers, evaluation.test_set.expected, strict=True)
    )
    assert evaluation.scores["identical"] == pytest.approx(100 * hits / len(evaluation.answers), abs=0.01)
    assert evaluation.scores["identical"] > 80
