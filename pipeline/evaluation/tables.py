"""Formats evaluations as tables."""

from collections.abc import Mapping, Sequence
from typing import Any

from seq2edge.pipeline.evaluation.metrics.metric import Metric
from seq2edge.pipeline.evaluation.metrics.registry import task_metrics
from seq2edge.pipeline.evaluation.scoring import Evaluation

GROUP_METRICS = (
    "bleu",
    "chrf",
    "exact_match",
    "identical",
    "rougeL",
    "length_ratio",
    "accuracy",
    "macro_f1",
)  # shown for groups in the terminal


def table(evaluations: Sequence[Evaluation]) -> str:
    """Return text for the terminal: the systems side by side, then the groups of each system and baseline."""
    first = evaluations[0]
    names = ", ".join(evaluation.system for evaluation in evaluations)
    metrics = [metric for metric in task_metrics(first.test_set.task) if metric.key in GROUP_METRICS]
    lines = [f"{names}: {first.test_set.name} set, {first.about}"]
    lines += _aligned(score_rows(evaluations))
    for name, kind, groups in group_tables(evaluations):
        lines += ["", name, *_aligned(group_rows(kind, groups, metrics))]
    if signatures := first.scores["signatures"]:
        lines += ["", *signatures]
    return "\n".join(lines)


def score_rows(evaluations: Sequence[Evaluation]) -> list[list[str]]:
    """Return a heading and a row for each metric, with columns for each system and baseline."""
    first = evaluations[0]
    columns: dict[str, Mapping[str, Any]] = {evaluation.system: evaluation.scores for evaluation in evaluations}
    columns |= {one.baseline.name: one.scores for one in first.test_set.baseline_scores}
    labels = {metric.key: metric.label for metric in task_metrics(first.test_set.task)}
    if any("perplexity" in scores for scores in columns.values()):
        labels["perplexity"] = "perplexity"
    rows = [
        [label, *(f"{scores[key]:.2f}" if key in scores else "" for scores in columns.values())]
        for key, label in labels.items()
    ]
    return [["", *columns], *rows]


def group_tables(evaluations: Sequence[Evaluation]) -> list[tuple[str, str, dict[str, dict[str, Any]]]]:
    """Return name, kind and groups for each table of groups: those of the systems, then those of the baselines."""
    named = [(evaluation.system, evaluation.groups) for evaluation in evaluations]
    named += [(one.baseline.name, one.groups) for one in evaluations[0].test_set.baseline_scores]
    return [(name, kind, groups) for name, kinds in named for kind, groups in kinds.items()]


def group_rows(corner: str, groups: Mapping[str, Mapping[str, Any]], metrics: Sequence[Metric]) -> list[list[str]]:
    """Return a heading that starts with `corner` and a row for each group, with a column for each metric."""
    rows = [
        [name, str(scores["sentences"]), *(f"{scores[metric.key]:.2f}" for metric in metrics)]
        for name, scores in groups.items()
    ]
    return [[corner, "sentences", *(metric.label for metric in metrics)], *rows]


def _aligned(rows: Sequence[Sequence[str]]) -> list[str]:
    """Format rows as lines, with the first column aligned left and the others right."""
    widths = [max(len(row[column]) for row in rows) for column in range(len(rows[0]))]
    return [
        "  ".join(
            [row[0].ljust(widths[0]), *(cell.rjust(width) for cell, width in zip(row[1:], widths[1:], strict=True))]
        )
        for row in rows
    ]
