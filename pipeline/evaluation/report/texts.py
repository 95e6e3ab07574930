"""The sections for targets that are texts: chrF++, and the best and worst outputs."""

import difflib
from collections.abc import Sequence

import numpy as np
from markupsafe import Markup

from seq2edge.pipeline.evaluation.metrics.sacrebleu_scores import sentence_chrf
from seq2edge.pipeline.evaluation.plots import svg_of_scores
from seq2edge.pipeline.evaluation.report.sections import SHOWN, Output, Sections, Span, output_of, plots_by_length
from seq2edge.pipeline.evaluation.scoring import Evaluation

MARKS = Markup("<ins>words missing in the reference</ins> and <del>words missing in the output</del>")


def text_sections(evaluations: Sequence[Evaluation]) -> Sections:
    """Return the sections. Outputs are sorted by the chrF++ of the first system."""
    chrf = {e.system: sentence_chrf(e.hypotheses, e.test_set.expected) for e in evaluations}
    of_first = chrf[evaluations[0].system]
    order = [int(index) for index in np.argsort(of_first, kind="stable")]

    def output(index: int) -> Output:
        nearest = _nearest_reference(evaluations[0], index)
        return output_of(index, evaluations, nearest, compare_words, f"chrF++ {of_first[index]:.1f}")

    return Sections(
        plots=[svg_of_scores(chrf, "chrF++ of the sentence"), *plots_by_length(evaluations, "chrf")],
        outputs={
            "Best": [output(index) for index in order[SHOWN:][::-1][:SHOWN]],
            "Worst": [output(index) for index in order[:SHOWN]],
        },
        marks=MARKS,
    )


def _nearest_reference(evaluation: Evaluation, index: int) -> str:
    def likeness(reference: str) -> float:
        return difflib.SequenceMatcher(None, reference, evaluation.answers[index].text).ratio()

    return max(evaluation.test_set.expected[index].references, key=likeness)


def compare_words(reference: str, hypothesis: str) -> tuple[list[Span], list[Span]]:
    """Return both texts as spans of words. A span differs if the other text lacks it at that place."""
    theirs, ours = reference.split(), hypothesis.split()
    sides: tuple[list[Span], list[Span]] = [], []
    for operation, a, b, c, d in difflib.SequenceMatcher(None, theirs, ours, autojunk=False).get_opcodes():
        for words, side in ((theirs[a:b], sides[0]), (ours[c:d], sides[1])):
            if words:
                side.append(Span(" ".join(words), differs=operation != "equal"))
    return sides
