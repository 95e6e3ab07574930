"""Evaluates runs and bundles on pairs, with the runner that is used on the device."""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from seq2edge.device.errors import UserError
from seq2edge.device.runners.seq2seq import Seq2SeqRunner
from seq2edge.device.tasks import TASKS, Target
from seq2edge.pipeline.evaluation.answers import AnswerRequest, answer_all
from seq2edge.pipeline.evaluation.evaluation_set import EvaluationSet
from seq2edge.pipeline.evaluation.perplexity import perplexity
from seq2edge.pipeline.evaluation.report.labels import confusion_plot
from seq2edge.pipeline.evaluation.scoring import Evaluation, score
from seq2edge.pipeline.evaluation.system import System
from seq2edge.pipeline.files import write_text
from seq2edge.pipeline.run import Run

# Plots to write with the scores, by the kind of a task's targets: name of the file → function that returns SVG.
PLOTS: dict[Target, dict[str, Callable[[Evaluation], str]]] = {"text": {}, "label": {"confusion": confusion_plot}}


@dataclass(frozen=True)
class EvaluateOptions:
    """Options of `evaluate`.

    Attributes:
        output: Folder for the results. None: the folder of the evaluation set.
        search: Options of the search by name, for models that write text; see `DecodingOptions`. Those that are absent
            are as in the recipe or the bundle.
        quiet: Show no progress bars.
    """

    output: Path | None = None
    search: Mapping[str, Any] = field(default_factory=dict)
    quiet: bool = False


def evaluate(system: System, test_set: EvaluationSet, options: EvaluateOptions | None = None) -> Evaluation:
    """Score a system on a set, and write the results.

    The files are `evaluation-SET-SYSTEM.json`, `outputs-SET-SYSTEM.tsv` and, for labels, `confusion-SET-SYSTEM.svg`. If
    an evaluation is interrupted, the next one of the same model, set and search resumes after its last answer.

    Raises:
        UserError: If there are options of the search for a model that does not write text, or their values are wrong.
    """
    options = options or EvaluateOptions()
    output = options.output or test_set.folder
    runner, search = system.runner, _search(system, options)
    answers = answer_all(AnswerRequest(system, test_set, search), output, options.quiet)
    surprise = None
    if isinstance(runner, Seq2SeqRunner):
        surprise = perplexity(runner, test_set.expected, system.name, options.quiet)
    evaluation = score(system.name, test_set, answers, search, surprise)
    _write_results(evaluation, output)
    return evaluation


def evaluate_run(run: Run, split: str = "test", options: EvaluateOptions | None = None) -> Evaluation:
    """Score a run on a split of its own data. Results go into its folder unless the options name another."""
    return evaluate(System.of_run(run), EvaluationSet.of_run(run, split), options)


def _search(system: System, options: EvaluateOptions) -> dict[str, Any]:
    """Return the options of the search with the beam size; empty if the model does not write text."""
    if isinstance(system.runner, Seq2SeqRunner):
        search = {"beam": system.runner.manifest.decoding["beam"], **options.search}
        system.runner.options(**search)  # refuses wrong values
        return search
    if options.search:
        raise UserError(f"{system.path} writes no text, so it has no search; leave out {', '.join(options.search)}")
    return {}


def _write_results(evaluation: Evaluation, output: Path) -> None:
    stem = f"{evaluation.test_set.name}-{evaluation.system}"
    scores = json.dumps(evaluation.as_dict(), ensure_ascii=False, indent=2)
    write_text(output / f"evaluation-{stem}.json", scores + "\n")
    lines = ["source\thypothesis\treferences"]
    for example, hypothesis in zip(evaluation.test_set.expected, evaluation.hypotheses, strict=True):
        cells = (example.source, hypothesis, *example.references)
        lines.append("\t".join(" ".join(cell.split()) for cell in cells))
    write_text(output / f"outputs-{stem}.tsv", "\n".join([*lines, ""]))
    for name, draw in PLOTS[TASKS[evaluation.test_set.task].target].items():
        write_text(output / f"{name}-{stem}.svg", draw(evaluation))
