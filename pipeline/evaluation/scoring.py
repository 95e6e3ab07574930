"""Scores the answers of a system, on the whole set and on groups of examples."""

from collections.abc import Sequence
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
        beam: Beam size of the search; None if the task has no search.
        length_penalty: Length penalty of the search; None: that of the system, or no search.
        scores: Scores by metric key, with "sentences", "signatures" and, if it was computed, "perplexity".
        groups: Scores of parts of the set.
    """

    system: str
    test_set: EvaluationSet
    answers: list[Answer]
    beam: int | None
    length_penalty: float | None
    scores: dict[str, Any]
    groups: Groups

    @property
    def hypotheses(self) -> list[str]:
        return [answer.text for answer in self.answers]

    @property
    def about(self) -> str:
        """The number of sentences, beam size and length penalty, for the heading of a table."""
        parts = [f"{len(self.answers):,} sentences"]
        if self.beam is not None:
            parts.append(f"beam {self.beam}")
        if self.length_penalty is not None:
            parts.append(f"length penalty {self.length_penalty:g}")
        return ", ".join(parts)

    def as_dict(self) -> dict[str, Any]:
        return {
            "name": self.system,
            "split": self.test_set.name,
            "beam": self.beam,
            "length_penalty": self.length_penalty,
            "scores": self.scores,
            "groups": self.groups,
        } | {one.baseline.key: one.scores | one.groups for one in self.test_set.baseline_scores}


def score(
    system: str,
    test_set: EvaluationSet,
    answers: Sequence[Answer],
    beam: int | None = None,
    length_penalty: float | None = None,
    perplexity: float | None = None,
) -> Evaluation:
    """Score the answers of a system.

    Args:
        system: Name of the system.
        answers: One answer for each example of the set.
        beam, length_penalty: Options of the search, if there was one.
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
        beam=beam,
        length_penalty=length_penalty,
        scores=scores,
        groups=test_set.group_scores(hypotheses, test_set.parts | lengths),
    )
