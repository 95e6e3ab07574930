import csv
import statistics

import pytest

from seq2edge.pipeline.evaluation.examples import Example
from seq2edge.pipeline.evaluation.metrics.registry import task_scores
from seq2edge.pipeline.evaluation.metrics.words import words


def test_english_scores_equal_those_of_rouge_score(corpus, output_of, tmp_path):
    output_of(
        "-m",
        "rouge_score.rouge",
        f"--target_filepattern={corpus.references}",
        f"--prediction_filepattern={corpus.hypotheses}",
        f"--output_filename={tmp_path / 'rouge.csv'}",
        "--noaggregate",
    )
    with (tmp_path / "rouge.csv").open(encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    ours = task_scores("summarisation", corpus.texts, corpus.expected)
    for kind in ("rouge1", "rouge2", "rougeL"):
        theirs = statistics.mean(100 * float(row[f"{kind}-F"]) for row in rows)
        assert ours[kind] == pytest.approx(theirs, abs=0.01)


def test_rouge_counts_words_of_any_script():
    of = task_scores("summarisation", ["고양이가 매트에 앉았다"], [Example("", ("고양이가 의자에 앉았다",))])
    assert of["rouge1"] == pytest.approx(66.67)
    assert of["rouge2"] == 0
    assert words("고양이가 앉았다, 東京 Tokyo_2") == ["고양이가", "앉았다", "東", "京", "tokyo", "2"]
