"""The sections of a report that depend on what a task's targets are."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

from markupsafe import Markup

from seq2edge.pipeline.evaluation.groups import BY_LENGTH
from seq2edge.pipeline.evaluation.metrics.registry import METRICS
from seq2edge.pipeline.evaluation.plots import svg_of_groups
from seq2edge.pipeline.evaluation.scoring import Evaluation

SHOWN = 50  # outputs in each list


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
        scores: Of this output alone: "chrF++ 87.1".
        confidence: 0 to 1.
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
    """What a page shows besides scores, differences and groups.

    Attributes:
        plots: SVG elements, beside each other.
        outputs: Outputs of the first system by the heading of their list.
        marks: What is marked in the outputs, as HTML.
        large_plots: SVG elements in their own size, below each other.
        tables: Heading and rows of texts of each table; the first row is its head.
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
    """An output of the first system beside those of the others.

    Args:
        reference: What all of them are compared with.
        spans: Takes the reference and an output, and returns both with their differences.
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
    """A plot of a metric by source length; none if the sources have one length."""
    by_length = {
        evaluation.system: {name: scores[metric] for name, scores in groups.items()}
        for evaluation in evaluations
        if (groups := evaluation.groups.get(BY_LENGTH))
    }
    return [svg_of_groups(by_length, "source length in tokens", METRICS[metric].label)] if by_length else []
