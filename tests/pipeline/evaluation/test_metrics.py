import csv
import json
import statistics
import subprocess
import sys

import pytest

from seq2edge.pipeline.evaluation.metrics import METRICS, scores_of, signatures, words
from seq2edge.pipeline.evaluation.scoring import Example

REFERENCES = [
    "the cat sat on the mat",
    "a dog runs in the park, quickly",
    "two people are walking along a street",
    "nobody knows what it is",
]
HYPOTHESES = [
    "the cat sat on a mat",
    "a dog runs in the park quickly",
    "two men walk along the street",
    "nobody knows what it is",
]
EXPECTED = [Example("", (reference,)) for reference in REFERENCES]


@pytest.fixture
def files(tmp_path):
    for name, lines in (("references", REFERENCES), ("hypotheses", HYPOTHESES)):
        (tmp_path / name).write_text("\n".join(lines) + "\n", encoding="utf-8")
    return tmp_path


def output_of(*command):
    return subprocess.run([sys.executable, *map(str, command)], capture_output=True, text=True, check=True).stdout


def test_sacrebleu_says_the_same_with_the_same_signatures(files):
    command = ("-m", "sacrebleu", files / "references", "-i", files / "hypotheses", "-w", "2")
    theirs = json.loads(output_of(*command, "-m", "bleu", "chrf", "ter", "--chrf-word-order", "2"))
    lower = json.loads(output_of(*command, "-lc"))
    ours = scores_of("translation", HYPOTHESES, EXPECTED)
    assert [ours["bleu"], ours["chrf"], ours["ter"]] == [row["score"] for row in theirs]
    assert ours["bleu_lc"] == lower["score"]
    assert signatures("translation") == [row["signature"] for row in (theirs[0], lower, *theirs[1:])]


@pytest.mark.parametrize(("key", "options"), [("wer", ()), ("cer", ("--cer",))])
def test_jiwer_says_the_same(files, key, options):
    command = "from jiwer.cli import cli; cli()"
    theirs = float(output_of("-c", command, "-r", files / "references", "-h", files / "hypotheses", *options))
    assert scores_of("translation", HYPOTHESES, EXPECTED)[key] == pytest.approx(100 * theirs, abs=0.01)


def test_rouge_score_says_the_same_of_english(files):
    output_of(
        "-m",
        "rouge_score.rouge",
        f"--target_filepattern={files / 'references'}",
        f"--prediction_filepattern={files / 'hypotheses'}",
        f"--output_filename={files / 'rouge.csv'}",
        "--noaggregate",
    )
    with (files / "rouge.csv").open(encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    ours = scores_of("summarisation", HYPOTHESES, EXPECTED)
    for kind in ("rouge1", "rouge2", "rougeL"):
        theirs = statistics.mean(100 * float(row[f"{kind}-F"]) for row in rows)
        assert ours[kind] == pytest.approx(theirs, abs=0.01)


def test_rouge_counts_words_of_any_script():
    of = scores_of("summarisation", ["고양이가 매트에 앉았다"], [Example("", ("고양이가 의자에 앉았다",))])
    assert of["rouge1"] == pytest.approx(66.67)
    assert of["rouge2"] == 0
    assert words("고양이가 앉았다, 東京 Tokyo_2") == ["고양이가", "앉았다", "東", "京", "tokyo", "2"]


def test_of_several_references_the_nearest_counts():
    expected = [Example("", ("good morning to you", "hi there"))]
    found = scores_of("commands", ["hi there"], expected)
    assert (found["wer"], found["cer"], found["word_accuracy"], found["word_f1"], found["exact_match"]) == (
        0,
        0,
        100,
        100,
        100,
    )


def test_word_accuracy_goes_by_place_and_f1_by_words():
    found = scores_of("commands", ["copy all files"], [Example("", ("all files copy now",))])
    assert found["word_accuracy"] == 0
    assert found["word_f1"] == pytest.approx(100 * 2 * 3 / 7, abs=0.01)


def test_a_chat_that_repeats_itself_shows():
    found = scores_of("chat", ["i see", "i see", "ok"], [Example("", ("x",))] * 3)
    assert found["repeated"] == pytest.approx(33.33)
    assert found["distinct_1"] == 60  # i, see, ok of five words
    assert found["distinct_2"] == 50
    assert found["length_ratio"] == pytest.approx(5 / 3, abs=0.01)


def test_every_metric_holds_for_an_empty_hypothesis():
    for task in ("chat", "translation", "summarisation", "commands"):
        assert scores_of(task, [""], [Example("a", ("b c",))])["exact_match"] == 0


def test_keys_and_labels_are_told_apart():
    assert len({metric.key for metric in METRICS}) == len({metric.label for metric in METRICS}) == len(METRICS)
