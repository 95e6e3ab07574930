"""An evaluation as one HTML page that opens offline."""

import difflib
from collections.abc import Sequence
from dataclasses import dataclass
from importlib.resources import files

import jinja2
import numpy as np
from markupsafe import Markup

from seq2edge.pipeline.evaluation.evaluation_set import EvaluationSet
from seq2edge.pipeline.evaluation.groups import BY_LENGTH
from seq2edge.pipeline.evaluation.metrics.registry import task_metrics
from seq2edge.pipeline.evaluation.metrics.sacrebleu_scores import sentence_chrf
from seq2edge.pipeline.evaluation.plots import svg_of_groups, svg_of_scores
from seq2edge.pipeline.evaluation.scoring import Evaluation
from seq2edge.pipeline.evaluation.significance import Difference
from seq2edge.pipeline.evaluation.tables import group_rows, score_rows

SHOWN = 50  # outputs at each end
TEMPLATE = "report.html"


@dataclass(frozen=True)
class Span:
    """Consecutive words of one side of a comparison."""

    text: str
    differs: bool


@dataclass(frozen=True)
class Output:
    """One output of the first system, as the page shows it.

    Attributes:
        index: Of the example in the set.
        reference: The reference nearest to the output; words missing in the output differ.
        hypothesis: Words missing in the reference differ.
        others: Names and hypotheses of the systems whose output is another.
        chrf: chrF++ of the sentence.
        has_attention: Whether there is a heat map to show.
    """

    index: int
    source: str
    reference: list[Span]
    hypothesis: list[Span]
    others: list[tuple[str, list[Span]]]
    chrf: float
    confidence: float
    has_attention: bool


def report(evaluations: Sequence[Evaluation], differences: Sequence[Difference] = ()) -> str:
    """The page: tables, plots, and the best and worst outputs of the first system.

    Args:
        evaluations: Of systems on one set. The outputs are sorted by the scores of the first one.
    """
    first = evaluations[0]
    chrf = {e.system: sentence_chrf(e.hypotheses, e.test_set.expected) for e in evaluations}
    order = [int(index) for index in np.argsort(chrf[first.system], kind="stable")]
    worst, best = order[:SHOWN], order[SHOWN:][::-1][:SHOWN]
    outputs = {index: _output(index, evaluations, chrf[first.system][index]) for index in [*best, *worst]}
    return _template().render(
        evaluations=evaluations,
        first=first,
        scores=score_rows(evaluations),
        differences=differences,
        groups=_group_tables(evaluations),
        plots=[Markup(svg) for svg in _plots(evaluations, chrf)],
        best=[outputs[index] for index in best],
        worst=[outputs[index] for index in worst],
        attention={index: first.answers[index].parts for index, output in outputs.items() if output.has_attention},
    )


def _template() -> jinja2.Template:
    environment = jinja2.Environment(
        autoescape=True, undefined=jinja2.StrictUndefined, trim_blocks=True, lstrip_blocks=True
    )
    environment.policies["json.dumps_kwargs"] = {"ensure_ascii": False, "separators": (",", ":")}
    source = files("seq2edge.pipeline.evaluation").joinpath(TEMPLATE).read_text(encoding="utf-8")
    return environment.from_string(source)


def _group_tables(evaluations: Sequence[Evaluation]) -> list[tuple[str, list[list[str]]]]:
    """Heading and rows of each table of groups."""
    return [
        (f"{evaluation.system}, {kind}", group_rows("", groups, task_metrics(evaluation.test_set.task)))
        for evaluation in evaluations
        for kind, groups in evaluation.groups.items()
    ]


def _plots(evaluations: Sequence[Evaluation], chrf: dict[str, list[float]]) -> list[str]:
    plots = [svg_of_scores(chrf, "chrF++ of the sentence")]
    by_length = {
        evaluation.system: {name: scores["chrf"] for name, scores in groups.items()}
        for evaluation in evaluations
        if (groups := evaluation.groups.get(BY_LENGTH))
    }
    if by_length:
        plots.append(svg_of_groups(by_length, "source length in tokens", "chrF++"))
    return plots


def _output(index: int, evaluations: Sequence[Evaluation], chrf: float) -> Output:
    first, *others = evaluations
    answer, example = first.answers[index], first.test_set.expected[index]
    nearest = _nearest_reference(first.test_set, index, answer.text)
    reference, hypothesis = compare_words(nearest, answer.text)
    return Output(
        index=index,
        source=example.source,
        reference=reference,
        hypothesis=hypothesis,
        others=[
            (other.system, compare_words(nearest, other.answers[index].text)[1])
            for other in others
            if other.answers[index].text != answer.text
        ],
        chrf=chrf,
        confidence=answer.confidence,
        has_attention=any(part["attention"] for part in answer.parts),
    )


def _nearest_reference(test_set: EvaluationSet, index: int, hypothesis: str) -> str:
    def likeness(reference: str) -> float:
        return difflib.SequenceMatcher(None, reference, hypothesis).ratio()

    return max(test_set.expected[index].references, key=likeness)


def compare_words(reference: str, hypothesis: str) -> tuple[list[Span], list[Span]]:
    """Both texts as spans of words; a span differs if the other text lacks it at that place."""
    theirs, ours = reference.split(), hypothesis.split()
    sides: tuple[list[Span], list[Span]] = [], []
    for operation, a, b, c, d in difflib.SequenceMatcher(None, theirs, ours, autojunk=False).get_opcodes():
        for words, side in ((theirs[a:b], sides[0]), (ours[c:d], sides[1])):
            if words:
                side.append(Span(" ".join(words), differs=operation != "equal"))
    return sides
