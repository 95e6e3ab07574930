"""Scores the answers of a system, on the whole set and on groups of examples."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from seq2edge.pipeline.evaluation.answers import Answer
from seq2edge.pipeline.evaluation.baseline import Baseline
from seq2edge.pipeline.evaluation.evaluation_set import EvaluationSet
from seq2edge.pipeline.evaluation.groups import BY_DOMAIN, BY_LENGTH, BY_SCRIPT, by_domain, by_length, by_script
from seq2edge.pipeline.evaluation.metrics.registry import signatures, task_scores

Groups = dict[str, dict[str, dict[str, Any]]]  # kind ("by domain" …) → group → scores


@dataclass(frozen=True)
class BaselineScores:
    """Scores of a baseline.

    Attributes:
        scores: Scores by metric key, with "sentences".
        groups: Scores of parts of the set that do not depend on a tokenizer.
    """

    baseline: Baseline
    scores: dict[str, Any]
    groups: Groups


@dataclass(frozen=True)
class Evaluation:
    """Scores of one system on one set.

    Attributes:
        answers: One answer for each example.
        beam: Beam size of the search; None if the task has no search.
        length_penalty: Length penalty of the search; None: that of the system, or no search.
        scores: Scores by metric key, with "sentences", "signatures" and, if it was computed, "perplexity".
        groups: Scores of parts of the set.
        baselines: Scores of the set's baselines.
    """

    system: str
    test_set: EvaluationSet
    answers: list[Answer]
    beam: int | None
    length_penalty: float | None
    scores: dict[str, Any]
    groups: Groups
    baselines: list[BaselineScores]

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
        } | {one.baseline.key: one.scores | one.groups for one in self.baselines}


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
    everything = range(len(test_set.expected))
    hypotheses = [answer.text for answer in answers]
    scores = _scores(test_set, hypotheses, everything) | {"signatures": signatures(test_set.task)}
    if perplexity is not None:
        scores["perplexity"] = round(perplexity, 2)
    parts = {BY_DOMAIN: by_domain(test_set.expected), BY_SCRIPT: by_script(test_set.expected)}
    lengths = {BY_LENGTH: by_length([answer.source_length for answer in answers])}
    return Evaluation(
        system=system,
        test_set=test_set,
        answers=list(answers),
        beam=beam,
        length_penalty=length_penalty,
        scores=scores,
        groups=_group_scores(test_set, hypotheses, parts | lengths),
        baselines=[
            BaselineScores(
                baseline,
                _scores(test_set, baseline.answers, everything),
                _group_scores(test_set, baseline.answers, parts),
            )
            for baseline in test_set.baselines
        ],
    )


def _group_scores(
    test_set: EvaluationSet, hypotheses: Sequence[str], kinds: Mapping[str, Mapping[str, Sequence[int]]]
) -> Groups:
    """Return the task's scores on each group of each kind that has groups."""
    return {
        kind: {name: _scores(test_set, hypotheses, indices) for name, indices in groups.items()}
        for kind, groups in kinds.items()
        if groups
    }


def _scores(test_set: EvaluationSet, hypotheses: Sequence[str], indices: Sequence[int]) -> dict[str, Any]:
    """Return the task's scores on some of the examples."""
    chosen = [hypotheses[index] for index in indices], [test_set.expected[index] for index in indices]
    return {"sentences": len(indices), **task_scores(test_set.task, *chosen)}
