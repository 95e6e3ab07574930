import re

import pytest

from seq2edge.pipeline.evaluation.answers import Answer
from seq2edge.pipeline.evaluation.baseline import Baseline
from seq2edge.pipeline.evaluation.evaluation_set import EvaluationSet
from seq2edge.pipeline.evaluation.examples import Example
from seq2edge.pipeline.evaluation.plots import CELL
from seq2edge.pipeline.evaluation.report.labels import compare_labels, confusion_plot, label_sections
from seq2edge.pipeline.evaluation.report.page import report
from seq2edge.pipeline.evaluation.report.sections import Span
from seq2edge.pipeline.evaluation.scoring import score

LABELS = ["<b>refund</b>", "$price$ \\frac", "인사"]
EXPECTED = [Example(f"text {i}", (LABELS[i % 3],)) for i in range(60)]
TEST_SET = EvaluationSet("test", "classification", EXPECTED, [Baseline("linear SVM", [LABELS[0]] * 60)])


def evaluation(name, wrong):
    """Examples from `wrong` on have the label of the next one; the confidence rises with the index."""
    answers = [Answer(LABELS[(i + (i >= wrong)) % 3], i / 60, 2 + i % 5, []) for i in range(60)]
    return score(name, TEST_SET, answers)


@pytest.fixture(scope="module")
def page():
    return report([evaluation("first", 45), evaluation("second", 50)])


def test_wrong_outputs_are_sorted_from_most_confident_and_right_ones_from_least():
    wrong, right = label_sections([evaluation("first", 45)]).outputs.values()
    assert [output.index for output in wrong] == list(range(59, 44, -1))
    assert [output.index for output in right] == list(range(45))


def test_the_page_shows_confusions_instead_of_chrf(page):
    assert "chrF" not in page
    assert "sacrebleu" not in page
    assert page.count("<svg") == 3  # calibration, accuracy by length, confusion
    assert "first, most confused labels" in page
    assert "<p>60 sentences</p>" in page  # no beam
    assert "<th>linear SVM</th>" in page


def test_names_of_labels_are_escaped(page):
    assert "<b>" not in page
    assert "&lt;b&gt;refund" in page


def test_the_most_confused_labels_are_listed_with_their_texts():
    ((heading, *rows),) = label_sections([evaluation("first", 45)]).tables.values()
    assert heading[:4] == ["expected", "predicted", "examples", "of"]
    assert ["인사", LABELS[0], "5", "20", "text 59 · text 56 · text 53"] in rows
    assert len(rows) == 3


def test_a_system_without_mistakes_has_no_table_of_confused_labels():
    sections = label_sections([evaluation("perfect", 60)])
    assert sections.tables == {}
    assert sections.outputs["Wrong, most confident first"] == []


def test_different_labels_are_marked_as_a_whole():
    assert compare_labels("good morning", "good night") == ([Span("good morning", True)], [Span("good night", True)])
    assert compare_labels("a", "a") == ([Span("a", False)], [Span("a", False)])


def test_the_plot_shows_only_the_labels_with_most_mistakes():
    names = [f"label {i}" for i in range(100)]
    test_set = EvaluationSet("test", "classification", [Example("text", (name,)) for name in names])
    answers = [Answer(name, 0.9, 1, []) for name in [*names[1:41], *names[40:]]]
    svg = confusion_plot(score("many", test_set, answers))
    (height,) = re.findall(r'height="([\d.]+)pt"', svg)
    assert 30 < float(height) / 72 / CELL < 45  # thirty rows, and the names of the columns
