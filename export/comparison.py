"""Compares runs by their scores, and by their size and speed on a device."""

import statistics
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any, Literal

from seq2edge.device.bundle import FILE, Bundle, read_bundle
from seq2edge.device.errors import UserError
from seq2edge.device.manifests.common import Manifest
from seq2edge.device.runners.load import load_runner
from seq2edge.device.tasks import TASKS, Target
from seq2edge.export.card import megabytes
from seq2edge.export.options import ExportOptions
from seq2edge.pipeline.evaluation.evaluate import EvaluateOptions, evaluate_run
from seq2edge.pipeline.evaluation.metrics.registry import METRICS, basic_metrics
from seq2edge.pipeline.files import MODEL_FILE, RECIPE_FILE
from seq2edge.pipeline.run import Run

INT8 = "int8"  # folder of the compared bundle, inside the run
SENTENCES = 100  # number of timed sentences
WARM_UP = 10  # number of sentences before the timed ones

Unit = Literal["word", "sentence"]
TIMED: dict[Target, tuple[Unit, dict[str, Any]]] = {  # unit and options of the runner, by the kind of a task's targets
    "text": ("word", {"beam": 1}),
    "label": ("sentence", {}),
}


@dataclass(frozen=True)
class Row:
    """The figures of one run.

    Attributes:
        split: Name of the split that was scored, with the recipe's search.
        scores: The basic metrics of the task by key.
        minutes: Training time in minutes.
        int8_mb: Size of the int8 model file in millions of bytes.
        ms: Milliseconds per `unit` on LiteRT with one thread, the median over sentences.
        unit: The unit that is timed: a word of greedy output, or the label of a sentence.
        identical: Percentage of test sentences with identical int8 and Keras outputs.
    """

    name: str
    task: str
    split: str
    scores: dict[str, float]
    parameters: int
    minutes: float
    int8_mb: float
    ms: float
    unit: Unit
    identical: float

    @property
    def score(self) -> str:
        """The key of the task's main metric."""
        return TASKS[self.task].main_metric


def compare(runs: Sequence[Run], split: str = "valid", quiet: bool = False) -> list[Row]:
    """Score every run, export it to int8, and time the bundle.

    The bundle is kept in RUN/int8, and reused as long as it is newer than the model and the recipe.

    Raises:
        UserError: If the tasks of the runs have different metrics.
    """
    _require_same_scores(runs)
    rows = []
    for run in runs:
        scores = evaluate_run(run, split, EvaluateOptions(quiet=quiet)).scores
        bundle = int8_bundle(run, quiet)
        rows.append(
            Row(
                name=run.path.name,
                task=run.recipe.task,
                split=split,
                scores={key: scores[key] for key in basic_metrics(run.recipe.task)},
                parameters=run.model().training.count_params(),
                minutes=run.history()[-1]["seconds"] / 60,
                int8_mb=megabytes(bundle),
                ms=milliseconds(bundle.path, run),
                unit=TIMED[TASKS[run.recipe.task].target][0],
                identical=bundle.manifest.scores["agreement_with_keras"]["identical"],
            )
        )
    return rows


def _require_same_scores(runs: Sequence[Run]) -> None:
    first, *others = runs
    for run in others:
        if basic_metrics(run.recipe.task) != basic_metrics(first.recipe.task):
            raise UserError(
                f"{run.path}: its task, {run.recipe.task}, has other scores than that of {first.path}, "
                f"{first.recipe.task}; compare them apart"
            )


def int8_bundle(run: Run, quiet: bool = False) -> Bundle[Manifest]:
    """Return the run's int8 bundle. It is exported if it is missing or outdated."""
    path = run.path / INT8
    made_from = max((run.path / name).stat().st_mtime for name in (MODEL_FILE, RECIPE_FILE))
    if (path / FILE).is_file() and (path / FILE).stat().st_mtime > made_from:
        return read_bundle(path)
    from seq2edge.export.bundle import export_bundle  # needs TensorFlow; the other functions do not

    tell = (lambda line: None) if quiet else partial(print, file=sys.stderr)
    return export_bundle(run, path, ExportOptions(overwrite=True), tell)


def milliseconds(bundle: Path, run: Run) -> float:
    """Return the time per unit of a run's task, the median over validation sentences, with one thread."""
    unit, options = TIMED[TASKS[run.recipe.task].target]
    runner = load_runner(bundle)
    sources = [pair.source for _, pair in zip(range(SENTENCES), run.data.texts("valid"), strict=False)]
    for source in sources[:WARM_UP]:
        runner.run(source, **options)
    results = [runner.run(source, **options) for source in sources]
    units = [len(result.alternatives[0][0].split()) if unit == "word" else 1 for result in results]
    return statistics.median(
        1000 * result.seconds / max(number, 1) for result, number in zip(results, units, strict=True)
    )


def table(rows: Sequence[Row]) -> str:
    """Format the comparison as text."""
    labels = [METRICS[key].label for key in rows[0].scores]
    cells = [("run", *labels, "parameters", "training min", "int8 MB", f"ms/{rows[0].unit}", "int8 identical %")]
    cells += [
        (
            row.name,
            *(f"{score:.2f}" for score in row.scores.values()),
            f"{row.parameters:,}",
            f"{row.minutes:.1f}",
            f"{row.int8_mb:.2f}",
            f"{row.ms:.2f}",
            f"{row.identical:.1f}",
        )
        for row in rows
    ]
    widths = [max(len(line[column]) for line in cells) for column in range(len(cells[0]))]
    lines = ["  ".join(cell.rjust(width) for cell, width in zip(line, widths, strict=True)) for line in cells]
    return "\n".join([f"{rows[0].split} set", *lines])


def plot(rows: Sequence[Row], path: Path) -> None:
    """Plot the score against size, training time and speed."""
    from seq2edge.pipeline.evaluation.plots import plot_points

    score = rows[0].score
    values = [row.scores[score] for row in rows]
    columns = {"int8 MB": "int8_mb", "training minutes": "minutes", f"ms/{rows[0].unit}": "ms"}
    panels = {label: [getattr(row, key) for row in rows] for label, key in columns.items()}
    plot_points(panels, values, [row.name for row in rows], f"{METRICS[score].label}, {rows[0].split} set", path)
