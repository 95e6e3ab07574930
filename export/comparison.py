"""Compares runs: their scores, and their size and speed on a device."""

import statistics
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from seq2edge.device.bundle import FILE, Bundle, read_bundle
from seq2edge.device.runners.load import load_runner
from seq2edge.device.tasks import TASKS
from seq2edge.export.card import megabytes
from seq2edge.export.options import ExportOptions
from seq2edge.pipeline.evaluation.evaluate import EvaluateOptions, evaluate_run
from seq2edge.pipeline.files import MODEL_FILE, RECIPE_FILE
from seq2edge.pipeline.run import Run

INT8 = "int8"  # folder of the compared bundle, inside the run
SENTENCES = 100  # timed
WARM_UP = 10  # sentences before that
SCORES = {"bleu": "BLEU", "chrf": "chrF++", "exact_match": "exact match %"}


@dataclass(frozen=True)
class Row:
    """The figures of one run.

    Attributes:
        split: The data that was scored, with the recipe's search.
        minutes: Training time.
        int8_mb: Size of the int8 model file in millions of bytes.
        ms_per_word: Milliseconds per word of greedy output on LiteRT with one thread, the median over sentences.
        identical: Share in percent of test sentences with identical int8 and Keras outputs.
    """

    name: str
    task: str
    split: str
    bleu: float
    chrf: float
    exact_match: float
    parameters: int
    minutes: float
    int8_mb: float
    ms_per_word: float
    identical: float

    @property
    def score(self) -> str:
        """The name of the task's main metric."""
        return TASKS[self.task].main_metric


def compare(runs: Sequence[Run], split: str = "valid", quiet: bool = False) -> list[Row]:
    """Score every run, export it to int8, and time the bundle.

    The bundle is kept in RUN/int8, and reused as long as it is newer than the model and the recipe.
    """
    rows = []
    for run in runs:
        scores = evaluate_run(run, split, EvaluateOptions(quiet=quiet)).scores
        bundle = int8_bundle(run, quiet)
        rows.append(
            Row(
                name=run.path.name,
                task=run.recipe.task,
                split=split,
                bleu=scores["bleu"],
                chrf=scores["chrf"],
                exact_match=scores["exact_match"],
                parameters=run.model().training.count_params(),
                minutes=run.history()[-1]["seconds"] / 60,
                int8_mb=megabytes(bundle),
                ms_per_word=milliseconds_per_word(bundle.path, run),
                identical=bundle.scores["agreement_with_keras"]["identical"],
            )
        )
    return rows


def int8_bundle(run: Run, quiet: bool = False) -> Bundle:
    """The run's int8 bundle, exported if there is none or an outdated one."""
    path = run.path / INT8
    made_from = max((run.path / name).stat().st_mtime for name in (MODEL_FILE, RECIPE_FILE))
    if (path / FILE).is_file() and (path / FILE).stat().st_mtime > made_from:
        return read_bundle(path)
    from seq2edge.export.bundle import export_bundle  # needs TensorFlow; the rest does not

    tell = (lambda line: None) if quiet else partial(print, file=sys.stderr)
    return export_bundle(run, path, ExportOptions(overwrite=True), tell)


def milliseconds_per_word(bundle: Path, run: Run) -> float:
    """Time per word of greedy output on validation sentences with one thread, the median over sentences."""
    runner = load_runner(bundle)
    sources = [pair.source for _, pair in zip(range(SENTENCES), run.data.texts("valid"), strict=False)]
    for source in sources[:WARM_UP]:
        runner.run(source, beam=1)
    results = [runner.run(source, beam=1) for source in sources]
    return statistics.median(1000 * r.seconds / max(len(r.alternatives[0][0].split()), 1) for r in results)


def table(rows: Sequence[Row]) -> str:
    """The comparison as lines of text."""
    cells = [("run", *SCORES.values(), "parameters", "training min", "int8 MB", "ms/word", "int8 identical %")]
    cells += [
        (
            row.name,
            f"{row.bleu:.2f}",
            f"{row.chrf:.2f}",
            f"{row.exact_match:.2f}",
            f"{row.parameters:,}",
            f"{row.minutes:.1f}",
            f"{row.int8_mb:.2f}",
            f"{row.ms_per_word:.2f}",
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
    values = [getattr(row, score) for row in rows]
    columns = {"int8 MB": "int8_mb", "training minutes": "minutes", "ms/word": "ms_per_word"}
    panels = {label: [getattr(row, key) for row in rows] for label, key in columns.items()}
    plot_points(panels, values, [row.name for row in rows], f"{SCORES[score]}, {rows[0].split} set", path)
