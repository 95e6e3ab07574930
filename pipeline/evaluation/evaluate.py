"""Score runs and bundles on pairs, through the runner that ships."""

import hashlib
import json
import sys
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, TextIO

from tqdm import tqdm

from seq2edge.device.bundle import FILE
from seq2edge.device.errors import UserError
from seq2edge.device.runner import Runner
from seq2edge.pipeline.data.readers import Pair, read_pairs
from seq2edge.pipeline.evaluation.answers import Answer
from seq2edge.pipeline.evaluation.baseline import nearest_neighbour
from seq2edge.pipeline.evaluation.metrics import Metric, metrics_of, scores_of, signatures
from seq2edge.pipeline.evaluation.perplexity import perplexity
from seq2edge.pipeline.evaluation.scoring import Example, by_length, by_script, examples
from seq2edge.pipeline.files import write_text
from seq2edge.pipeline.recipe_schema.recipe import File
from seq2edge.pipeline.run import MODEL_FILE, Run


@dataclass(frozen=True)
class System:
    """Something that answers: a run's Keras model or a bundle.

    Attributes:
        key: Of its files, so that an evaluation that was broken off goes on with the same model alone.
    """

    name: str
    path: Path
    runner: Runner
    key: str

    @classmethod
    def open(cls, path: Path, name: str | None = None) -> "System":
        """A run's folder, or a bundle's; it goes by the folder's name unless another is given."""
        name = name or path.resolve().name
        if (path / FILE).is_file():
            return cls(name, path, Runner.from_bundle(path), _digest((path / FILE).read_bytes()))
        return cls.of_run(Run.open(path), name)

    @classmethod
    def of_run(cls, run: Run, name: str) -> "System":
        return cls(name, run.path, run.runner(), _digest((run.path / MODEL_FILE).read_bytes()))


@dataclass(frozen=True)
class EvaluationSet:
    """What is asked and what is right.

    Attributes:
        name: "valid", "test", or that of a file.
        baseline: The answers of the nearest training source; chat only.
    """

    name: str
    task: str
    expected: list[Example]
    baseline: list[str] | None = None

    @classmethod
    def of_run(cls, run: Run, split: str) -> "EvaluationSet":
        expected = examples(list(run.data.texts(split)), run.recipe.task)
        if not expected:
            raise UserError(f"{run.path}: its {split} set is empty; the recipe holds none out")
        baseline = None
        if run.recipe.task == "chat":
            baseline = nearest_neighbour(run.data.texts("train"), [example.source for example in expected])
        return cls(split, run.recipe.task, expected, baseline)

    @classmethod
    def of_file(cls, path: Path, task: str) -> "EvaluationSet":
        pairs: list[Pair] = list(read_pairs(File(path=str(path)), path))
        if not pairs:
            raise UserError(f"{path}: holds no pairs")
        return cls(path.name.split(".")[0], task, examples(pairs, task))


@dataclass(frozen=True)
class Evaluation:
    """Scores of one system on one set.

    Attributes:
        scores: By the keys of `metrics`.
        groups: The same of parts of the set: "by script", "by source length in tokens"; each name → scores.
        baseline: Scores of the nearest neighbour; chat only.
        answers: One for each example.
        length_penalty: None: as recipe or bundle say.
    """

    system: str
    test_set: EvaluationSet
    beam: int
    scores: dict[str, Any]
    groups: dict[str, dict[str, dict[str, Any]]]
    baseline: dict[str, float]
    answers: list[Answer]
    length_penalty: float | None = None

    @property
    def hypotheses(self) -> list[str]:
        return [answer.text for answer in self.answers]

    @property
    def search(self) -> str:
        """How it was asked, for a person."""
        penalty = "" if self.length_penalty is None else f", length penalty {self.length_penalty:g}"
        return f"beam {self.beam}{penalty}"

    def as_dict(self) -> dict[str, Any]:
        return {
            "name": self.system,
            "split": self.test_set.name,
            "beam": self.beam,
            "length_penalty": self.length_penalty,
            "scores": self.scores,
            "groups": self.groups,
            "nearest_neighbour": self.baseline,
        }


def evaluate(
    system: System,
    test_set: EvaluationSet,
    output: Path,
    beam: int | None = None,
    quiet: bool = False,
    length_penalty: float | None = None,
) -> Evaluation:
    """Score a system and keep scores and outputs.

    Answers are kept as they come, so that an evaluation that was broken off goes on behind the last of them.

    Args:
        output: Where evaluation-SET-SYSTEM.json and outputs-SET-SYSTEM.tsv are written.
        beam, length_penalty: None: as recipe or bundle say.
    """
    beam = beam or system.runner.bundle.decoding["beam"]
    settings = {"beam": beam} | ({} if length_penalty is None else {"length_penalty": length_penalty})
    answers = _answers(system, test_set, output, settings, quiet)
    evaluation = score(system.name, test_set, beam, answers, length_penalty)
    evaluation.scores["perplexity"] = round(perplexity(system.runner, test_set.expected, system.name, quiet), 2)
    stem = f"{test_set.name}-{system.name}"
    write_text(
        output / f"evaluation-{stem}.json", json.dumps(evaluation.as_dict(), ensure_ascii=False, indent=2) + "\n"
    )
    lines = ["source\thypothesis\treferences"]
    for example, answer in zip(test_set.expected, answers, strict=True):
        lines.append("\t".join(" ".join(text.split()) for text in (example.source, answer.text, *example.references)))
    write_text(output / f"outputs-{stem}.tsv", "\n".join([*lines, ""]))
    return evaluation


def evaluate_run(
    run: Run, split: str = "test", beam: int | None = None, quiet: bool = False, output: Path | None = None
) -> Evaluation:
    """Score a run on its own data; scores and outputs are kept in its folder."""
    system = System.of_run(run, run.path.resolve().name)
    return evaluate(system, EvaluationSet.of_run(run, split), output or run.path, beam, quiet)


def score(
    name: str, test_set: EvaluationSet, beam: int, answers: Sequence[Answer], length_penalty: float | None = None
) -> Evaluation:
    """All numbers of a system's answers."""
    expected, task = test_set.expected, test_set.task
    hypotheses = [answer.text for answer in answers]

    def of(texts: Sequence[str], chosen: Sequence[int]) -> dict[str, Any]:
        found = scores_of(task, [texts[i] for i in chosen], [expected[i] for i in chosen])
        return {"sentences": len(chosen), **found}

    everything = range(len(expected))
    lengths = [answer.source_length for answer in answers]
    groups = {"by script": by_script(expected), "by source length in tokens": by_length(lengths)}
    return Evaluation(
        name,
        test_set,
        beam,
        of(hypotheses, everything) | {"signatures": signatures(task)},
        {
            kind: {group: of(hypotheses, chosen) for group, chosen in found.items()}
            for kind, found in groups.items()
            if found
        },
        of(test_set.baseline, everything) if test_set.baseline else {},
        list(answers),
        length_penalty,
    )


def table(evaluations: Sequence[Evaluation]) -> str:
    """Systems side by side, and groups below, for a person to read."""
    first = evaluations[0]
    names = [evaluation.system for evaluation in evaluations]
    metrics = metrics_of(first.test_set.task)
    shown = [metric for metric in metrics if metric.key in ("bleu", "chrf", "exact_match", "rougeL", "length_ratio")]
    lines = [f"{', '.join(names)}: {first.test_set.name} set, {len(first.answers)} sentences, {first.search}"]
    lines += _aligned(score_rows(evaluations))
    for evaluation in evaluations:
        for kind, groups in evaluation.groups.items():
            lines += ["", f"{evaluation.system}", *_aligned(group_rows(kind, groups, shown))]
    return "\n".join([*lines, "", *first.scores["signatures"]])


def score_rows(evaluations: Sequence[Evaluation]) -> list[list[str]]:
    """A row for each metric, a column for each system and the nearest neighbour; their names first."""
    first = evaluations[0]
    columns = {evaluation.system: evaluation.scores for evaluation in evaluations}
    if first.baseline:
        columns["nearest neighbour"] = first.baseline
    labels = {metric.key: metric.label for metric in metrics_of(first.test_set.task)} | {"perplexity": "perplexity"}
    rows = [[label, *(f"{c[key]:.2f}" if key in c else "" for c in columns.values())] for key, label in labels.items()]
    return [["", *columns], *rows]


def group_rows(head: str, groups: dict[str, dict[str, Any]], metrics: Sequence[Metric]) -> list[list[str]]:
    """A row for each group, a column for each metric; their labels first."""
    rows = [
        [name, str(values["sentences"]), *(f"{values[metric.key]:.2f}" for metric in metrics)]
        for name, values in groups.items()
    ]
    return [[head, "sentences", *(metric.label for metric in metrics)], *rows]


def _aligned(rows: Sequence[Sequence[str]]) -> list[str]:
    widths = [max(len(row[column]) for row in rows) for column in range(len(rows[0]))]
    return [
        "  ".join([row[0].ljust(widths[0]), *(c.rjust(w) for c, w in zip(row[1:], widths[1:], strict=True))])
        for row in rows
    ]


def _answers(
    system: System, test_set: EvaluationSet, output: Path, settings: dict[str, Any], quiet: bool
) -> list[Answer]:
    sources = [example.source for example in test_set.expected]
    key = _digest(json.dumps([system.key, settings, sources]).encode())
    kept = output / f"answers-{test_set.name}-{system.name}.jsonl"
    found = _read_kept(kept, key)
    missing = [index for index in range(len(sources)) if index not in found]
    output.mkdir(parents=True, exist_ok=True)
    bar = tqdm(
        total=len(sources), initial=len(found), desc=system.name, unit="sentence", disable=quiet, file=sys.stderr
    )
    with bar, kept.open("a" if found else "w", encoding="utf-8") as file:
        if not found:
            _write_line(file, {"key": key})
        for number, result in system.runner.run_each([sources[index] for index in missing], **settings):
            found[missing[number]] = answer = Answer.of(result)
            _write_line(file, {"index": missing[number], **asdict(answer)})
            bar.update()
    kept.unlink()
    return [found[index] for index in range(len(sources))]


def _read_kept(path: Path, key: str) -> dict[int, Answer]:
    """Answers of an evaluation that was broken off; none of another one. A line may have been cut off."""
    if not path.is_file():
        return {}
    rows = []
    for line in path.read_text(encoding="utf-8").split("\n"):
        try:
            rows.append(json.loads(line))
        except ValueError:
            break
    if not rows or rows[0] != {"key": key}:
        return {}
    return {row.pop("index"): Answer(**row) for row in rows[1:]}


def _write_line(file: TextIO, values: dict[str, Any]) -> None:
    file.write(json.dumps(values, ensure_ascii=False) + "\n")
    file.flush()


def _digest(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()
