"""The sections of a report that depend on the kind of a task's targets."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

from markupsafe import Markup

from seq2edge.pipeline.evaluation.groups import BY_LENGTH
from seq2edge.pipeline.evaluation.metrics.registry import METRICS
from seq2edge.pipeline.evaluation.plots import svg_of_groups
from seq2edge.pipeline.evaluation.scoring import Evaluation

SHOWN = 50  # largest number of outputs in each list


@dataclass(frozen=True)
class Span:
    """Consecutive words of one side of a comparison, which either differ from the other side or do not."""

    text: str
    differs: bool


@dataclass(frozen=True)
class Output:
    """One output of the first system, as the page shows it.

    Attributes:
        index: Index of the example in the set.
        reference: The reference nearest to the output. Spans that are missing in the output differ.
        hypothesis: The output. Spans that are missing in the reference differ.
        others: Names and hypotheses of the other systems that gave another output.
        scores: Scores of this output, e.g. "chrF++ 87.1".
        confidence: From 0 to 1.
        has_attention: Whether there is a heat map to show.
    """

    index: int
    source: str
    reference: list[Span]
    hypothesis: list[Span]
    others: list[tuple[str, list[Span]]]
    scores: str
    confidence: float
    has_attention: bool


@dataclass(frozen=True)
class Sections:
    """The content of a page besides scores, differences and groups.

    Attributes:
        plots: SVG elements, side by side.
        outputs: Outputs of the first system, by the heading of their list.
        marks: The legend of the marks in the outputs, as HTML.
        large_plots: SVG elements in their own size, one below the other.
        tables: Headings of tables and their rows of texts. The first row of a table names its columns.
    """

    plots: Sequence[str]
    outputs: Mapping[str, Sequence[Output]]
    marks: Markup
    large_plots: Sequence[str] = ()
    tables: Mapping[str, Sequence[Sequence[str]]] = field(default_factory=dict)


SpansOf = Callable[[str, str], tuple[list[Span], list[Span]]]


def output_of(
    index: int, evaluations: Sequence[Evaluation], reference: str, spans: SpansOf, scores: str = ""
) -> Output:
    """Return an output of the first system, with those of the other systems.

    Args:
        index: Index of the example in the set.
        evaluations: Evaluations of all systems, the first one first.
        reference: The reference that all outputs are compared with.
        spans: Given the reference and an output, returns both with their differences marked.
        scores: Scores of this output, e.g. "chrF++ 87.1".
    """
    first, *others = evaluations
    answer = first.answers[index]
    expected, hypothesis = spans(reference, answer.text)
    return Output(
        index=index,
        source=first.test_set.expected[index].source,
        reference=expected,
        hypothesis=hypothesis,
        others=[
            (other.system, spans(reference, other.answers[index].text)[1])
            for other in others
            if other.answers[index].text != answer.text
        ],
        scores=scores,
        confidence=answer.confidence,
        has_attention=any(part["attention"] for part in answer.parts),
    )


def plots_by_length(evaluations: Sequence[Evaluation], metric: str) -> list[str]:
    """Return a plot of a metric by source length; an empty list if there is only one group of lengths."""
    by_length = {
        evaluation.system: {name: scores[metric] for name, scores in groups.items()}
        for evaluation in evaluations
        if (groups := evaluation.groups.get(BY_LENGTH))
    }
    return [svg_of_groups(by_length, "source length in tokens", METRICS[metric].label)] if by_length else []
