"""Scores the answers of a system, on the whole set and on groups of examples."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from seq2edge.pipeline.evaluation.answers import Answer
from seq2edge.pipeline.evaluation.evaluation_set import EvaluationSet, Groups
from seq2edge.pipeline.evaluation.groups import BY_LENGTH, by_length
from seq2edge.pipeline.evaluation.metrics.registry import signatures


@dataclass(frozen=True)
class Evaluation:
    """Scores of one system on one set.

    Attributes:
        answers: One answer for each example.
        search: Beam size and other options of the search that differ from the system's; empty if there is no search.
        scores: Scores by metric key, with "sentences", "signatures" and, if it was computed, "perplexity".
        groups: Scores of parts of the set.
    """

    system: str
    test_set: EvaluationSet
    answers: list[Answer]
    search: Mapping[str, Any]
    scores: dict[str, Any]
    groups: Groups

    @property
    def hypotheses(self) -> list[str]:
        return [answer.text for answer in self.answers]

    @property
    def about(self) -> str:
        """The number of sentences and the options of the search, for the heading of a table."""
        options = (_in_words(name.replace("_", " "), value) for name, value in self.search.items())
        return ", ".join([f"{len(self.answers):,} sentences", *options])

    def as_dict(self) -> dict[str, Any]:
        return {
            "name": self.system,
            "split": self.test_set.name,
            "search": dict(self.search),
            "scores": self.scores,
            "groups": self.groups,
        } | {one.baseline.key: one.scores | one.groups for one in self.test_set.baseline_scores}


def score(
    system: str,
    test_set: EvaluationSet,
    answers: Sequence[Answer],
    search: Mapping[str, Any] | None = None,
    perplexity: float | None = None,
) -> Evaluation:
    """Score the answers of a system.

    Args:
        system: Name of the system.
        answers: One answer for each example of the set.
        search: Options of the search, if there was one.
        perplexity: Perplexity of the references; None if it was not computed.
    """
    hypotheses = [answer.text for answer in answers]
    scores = test_set.scores(hypotheses) | {"signatures": signatures(test_set.task)}
    if perplexity is not None:
        scores["perplexity"] = round(perplexity, 2)
    lengths = {BY_LENGTH: by_length([answer.source_length for answer in answers])}
    return Evaluation(
        system=system,
        test_set=test_set,
        answers=list(answers),
        search=search or {},
        scores=scores,
        groups=test_set.group_scores(hypotheses, test_set.parts | lengths),
    )


def _in_words(name: str, value: Any) -> str:
    """An option of the search and its value."""
    if isinstance(value, bool):
        return name if value else f"no {name}"
    if isinstance(value, float):
        return f"{name} {value:g}"
    return f"{name} {value}"
