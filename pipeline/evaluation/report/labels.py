"""The sections for targets that are labels: confusions, confidence, and wrong or least confident outputs."""

from collections.abc import Sequence

import numpy as np
from markupsafe import Markup

from seq2edge.pipeline.evaluation.calibration import Calibration
from seq2edge.pipeline.evaluation.confusion import Confusion, confused_pairs
from seq2edge.pipeline.evaluation.metrics.labels import expected_labels
from seq2edge.pipeline.evaluation.plots import svg_of_calibration, svg_of_confusion
from seq2edge.pipeline.evaluation.report.sections import SHOWN, Output, Sections, Span, output_of, plots_by_length
from seq2edge.pipeline.evaluation.scoring import Evaluation

PAIRS = 20  # largest number of rows in the table of confused labels
TEXTS = 3  # number of example sources in a row of that table
MARKS = Markup("<ins>wrong labels</ins> and <del>the labels expected instead</del>")


def label_sections(evaluations: Sequence[Evaluation]) -> Sections:
    """Return the sections. The most confident wrong outputs of the first system and the least confident right ones
    come first.
    """
    first = evaluations[0]
    labels = expected_labels(first.test_set.expected)
    correct = {e.system: _correct(e) for e in evaluations}
    order = np.argsort([answer.confidence for answer in first.answers], kind="stable").tolist()

    def outputs(indices: Sequence[int]) -> list[Output]:
        return [output_of(index, evaluations, labels[index], compare_labels) for index in indices[:SHOWN]]

    calibrations = {
        e.system: Calibration.of([answer.confidence for answer in e.answers], correct[e.system]) for e in evaluations
    }
    pairs = _pair_rows(first)
    return Sections(
        plots=[svg_of_calibration(calibrations), *plots_by_length(evaluations, "accuracy")],
        large_plots=[confusion_plot(first)],
        tables={f"{first.system}, most confused labels": pairs} if len(pairs) > 1 else {},
        outputs={
            "Wrong, most confident first": outputs([i for i in order[::-1] if not correct[first.system][i]]),
            "Right, least confident first": outputs([i for i in order if correct[first.system][i]]),
        },
        marks=MARKS,
    )


def confusion_plot(evaluation: Evaluation) -> str:
    """Return a system's confusion matrix as an SVG element. Of many labels, it shows those with the most mistakes."""
    whole = Confusion.of(expected_labels(evaluation.test_set.expected), evaluation.hypotheses)
    part = whole.most_confused()
    number = len(whole.rows)
    which = f"{number} labels" if part is whole else f"the {len(part.rows)} of {number} labels with the most mistakes"
    return svg_of_confusion(part, f"{evaluation.system}: {which}")


def compare_labels(expected: str, predicted: str) -> tuple[list[Span], list[Span]]:
    """Return each label as one span."""
    differs = expected != predicted
    return [Span(expected, differs)], [Span(predicted, differs)]


def _correct(evaluation: Evaluation) -> list[bool]:
    labels = expected_labels(evaluation.test_set.expected)
    return [answer == label for answer, label in zip(evaluation.hypotheses, labels, strict=True)]


def _pair_rows(evaluation: Evaluation) -> list[list[str]]:
    """Return a heading and a row for each pair of confused labels, with the sources of the most confident answers."""
    expected = evaluation.test_set.expected
    labels = expected_labels(expected)
    rows = [["expected", "predicted", "examples", "of", "texts, most confident first"]]
    for pair in confused_pairs(labels, evaluation.hypotheses, PAIRS):
        surest = sorted(pair.indices, key=lambda index: -evaluation.answers[index].confidence)[:TEXTS]
        texts = " · ".join(expected[index].source for index in surest)
        numbers = str(len(pair.indices)), str(labels.count(pair.expected))
        rows.append([pair.expected, pair.predicted, *numbers, texts])
    return rows
