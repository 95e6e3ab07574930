"""Plots of trainings and evaluations."""

import io
import itertools
import logging
import warnings
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import matplotlib

matplotlib.use("Agg")
import matplotlib.pyplot as plt
import numpy as np
from matplotlib import font_manager

from seq2edge.pipeline.evaluation.calibration import Calibration
from seq2edge.pipeline.evaluation.confusion import Confusion
from seq2edge.pipeline.files import whole_file

INK, ACCENT, GRID = "#22303c", "#c8553d", "#dfe3e6"
COLOURS = (ACCENT, INK, "#4c8c6b", "#8a6fb0", "#c9a227")
# Fonts with Hangul: Debian, Noto, macOS, Windows.
HANGUL_FONTS = ("NanumGothic", "Noto Sans CJK KR", "Noto Sans KR", "Apple SD Gothic Neo", "Malgun Gothic", "UnDotum")
# Characters without a font are drawn as boxes. A warning for each of them would not help.
MISSING_GLYPH = "Glyph .* missing"
CELL, FEW_CELLS = 0.26, 100  # side of a matrix cell in inches; twice as large if there are fewer cells than FEW_CELLS
LONGEST_NAME = 28  # characters shown of a label's name


def _use_fonts() -> None:
    installed = {font.name for font in font_manager.fontManager.ttflist}
    plt.rcParams["font.family"] = [*(name for name in HANGUL_FONTS if name in installed), "DejaVu Sans"]
    plt.rcParams["axes.unicode_minus"] = False
    plt.rcParams["text.parse_math"] = False  # texts of users may have dollar signs
    logging.getLogger("matplotlib.font_manager").setLevel(logging.ERROR)


def plot_history(history: Sequence[dict[str, float]], score: str, path: Path) -> None:
    """Plot training loss, validation loss and validation score by epoch.

    Args:
        history: One row for each epoch.
        score: Name of the score. If the history lacks it, only losses are plotted.
        path: PNG file to write.
    """
    _use_fonts()
    epochs = [row["epoch"] for row in history]
    columns = [("loss", "val_loss")] + ([(f"val_{score}",)] if f"val_{score}" in history[0] else [])
    figure, axes = plt.subplots(1, len(columns), figsize=(5.2 * len(columns), 3.4), squeeze=False)
    for axis, names in zip(axes[0], columns, strict=True):
        for name, colour in zip(names, (INK, ACCENT), strict=False):
            label = {"loss": "training loss", "val_loss": "validation loss"}.get(
                name, name.replace("val_", "validation ")
            )
            axis.plot(epochs, [row[name] for row in history], color=colour, label=label, linewidth=1.8)
        axis.set_xlabel("epoch")
        _style(axis)
        axis.legend(frameon=False)
    _save(figure, path)


def plot_attention(
    sentences: Sequence[tuple[Sequence[str], Sequence[str], np.ndarray]],
    path: Path,
    columns: int = 2,
    titles: Sequence[str] = (),
) -> None:
    """Plot attention as heat maps.

    Args:
        sentences: For each sentence (source tokens, target tokens, weights `(target_length, source_length)`).
        path: File to write.
        columns: Number of heat maps in a row.
        titles: One title for each sentence; empty for no titles.
    """
    _use_fonts()
    rows = -(-len(sentences) // columns)
    figure, axes = plt.subplots(rows, columns, figsize=(5 * columns, 3.8 * rows), squeeze=False)
    for axis in axes.flat[len(sentences) :]:
        axis.axis("off")
    for axis, (source, target, weights) in zip(axes.flat, sentences, strict=False):
        axis.imshow(weights[: len(target), : len(source)], cmap="Blues", vmin=0, vmax=1, aspect="auto")
        axis.set_xticks(range(len(source)), source, rotation=60, ha="right", fontsize=8)
        axis.set_yticks(range(len(target)), target, fontsize=8)
        axis.spines[:].set_visible(False)
    for axis, title in zip(axes.flat, titles, strict=False):
        axis.set_title(title, loc="left", fontsize=11)
    _save(figure, path)


def plot_points(
    panels: Mapping[str, Sequence[float]], values: Sequence[float], names: Sequence[str], label: str, path: Path
) -> None:
    """Plot a value against several costs, with a panel for each cost and a point for each name.

    Args:
        panels: The label of each cost, with the costs of all points.
        values, names: Values and names of the points.
        label: Label of the value.
        path: File to write.
    """
    _use_fonts()
    figure, axes = plt.subplots(1, len(panels), figsize=(4.4 * len(panels), 3.6), sharey=True, squeeze=False)
    for axis, (cost, costs) in zip(axes[0], panels.items(), strict=True):
        axis.scatter(costs, values, color=ACCENT, zorder=2)
        for name, x, y in zip(names, costs, values, strict=True):
            axis.annotate(name, (x, y), xytext=(5, 4), textcoords="offset points", fontsize=8, color=INK)
        axis.set_xlabel(cost)
        axis.set_xlim(left=0, right=1.35 * max(costs) or 1)
        _style(axis)
    axes[0][0].set_ylabel(label)
    _save(figure, path)


def svg_of_scores(scores: Mapping[str, Sequence[float]], label: str) -> str:
    """Return a histogram of sentence scores (0 to 100), with a line for each system, as an SVG element."""
    _use_fonts()
    _, axis = plt.subplots(figsize=(5.2, 3.2))
    for (name, values), colour in zip(scores.items(), itertools.cycle(COLOURS)):
        counts, edges = np.histogram(values, bins=20, range=(0, 100))
        axis.stairs(counts, edges, color=colour, linewidth=1.8, label=name)
    return _to_svg(axis, label, "sentences")


def svg_of_groups(scores: Mapping[str, Mapping[str, float]], across: str, label: str) -> str:
    """Return a plot of scores by group, with a line for each system, as an SVG element.

    Args:
        scores: Scores by system, then by group.
        across: Label of the groups.
        label: Label of the score.
    """
    _use_fonts()
    _, axis = plt.subplots(figsize=(5.2, 3.2))
    for (name, groups), colour in zip(scores.items(), itertools.cycle(COLOURS)):
        axis.plot(list(groups), list(groups.values()), color=colour, marker="o", linewidth=1.8, label=name)
    axis.set_ylim(bottom=0)
    return _to_svg(axis, across, label)


def svg_of_confusion(confusion: Confusion, title: str = "") -> str:
    """Return a confusion matrix with its counts as an SVG element. Darker cells have a larger share of their row."""
    _use_fonts()
    counts, names = confusion.counts, [_shortened(name) for name in confusion.columns]
    cell = CELL if counts.size > FEW_CELLS else 2 * CELL
    figure, axis = plt.subplots(figsize=(cell * counts.shape[1], cell * counts.shape[0]))
    figure.subplots_adjust(0, 0, 1, 1)  # names are drawn outside of the figure, and the saved file includes them
    axis.imshow(counts / np.maximum(counts.sum(1, keepdims=True), 1), cmap="Blues", vmin=0, vmax=1, aspect="auto")
    for (row, column), count in np.ndenumerate(counts):
        if count:
            is_dark = 2 * count > counts[row].sum()
            axis.text(column, row, count, ha="center", va="center", fontsize=8, color="white" if is_dark else INK)
    axis.set_xticks(range(len(names)), names, rotation=60, ha="right", rotation_mode="anchor", fontsize=8)
    axis.set_yticks(range(len(counts)), names[: len(counts)], fontsize=8)
    axis.set_xlabel("predicted")
    axis.set_ylabel("expected")
    axis.set_title(title, loc="left", fontsize=10)
    axis.spines[:].set_visible(False)
    axis.set_xticks(np.arange(1, counts.shape[1]) - 0.5, minor=True)
    axis.set_yticks(np.arange(1, counts.shape[0]) - 0.5, minor=True)
    axis.grid(which="minor", color=GRID, linewidth=0.5)
    axis.tick_params(which="both", length=0)
    return _svg_of(figure)


def svg_of_calibration(calibrations: Mapping[str, Calibration]) -> str:
    """Return a reliability diagram, accuracy by confidence with a line for each system, as an SVG element.

    The area of a point shows the share of the answers in its bin. Below the diagonal, a system is too confident.
    """
    _use_fonts()
    _, axis = plt.subplots(figsize=(5.2, 3.8))
    axis.plot([0, 100], [0, 100], color=GRID, linewidth=1.8, label="accuracy = confidence")
    for (name, found), colour in zip(calibrations.items(), itertools.cycle(COLOURS)):
        label = f"{name}: calibration error {100 * found.error:.1f} %"
        axis.plot(100 * found.confidence, 100 * found.accuracy, color=colour, linewidth=1.2, label=label)
        areas = 10 + 200 * found.counts / found.counts.sum()
        axis.scatter(100 * found.confidence, 100 * found.accuracy, areas, color=colour, zorder=2, clip_on=False)
    axis.set_xlim(0, 100)
    axis.set_ylim(0, 100)
    return _to_svg(axis, "confidence %", "accuracy %", loc="lower left", bbox_to_anchor=(0, 1.02), borderaxespad=0)


def _shortened(name: str) -> str:
    name = name or "(none)"  # the answer to an empty text
    return name if len(name) <= LONGEST_NAME else name[: LONGEST_NAME - 1] + "…"


def _style(axis: plt.Axes) -> None:
    axis.grid(color=GRID)
    axis.spines[["top", "right"]].set_visible(False)


def _to_svg(axis: plt.Axes, x_label: str, y_label: str, **legend: Any) -> str:
    axis.set_xlabel(x_label)
    axis.set_ylabel(y_label)
    _style(axis)
    axis.legend(frameon=False, **legend)
    return _svg_of(axis.figure)


def _svg_of(figure: plt.Figure) -> str:
    content = io.StringIO()
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", message=MISSING_GLYPH)
        figure.savefig(content, format="svg", bbox_inches="tight", metadata={"Date": None})
    plt.close(figure)
    return content.getvalue()[content.getvalue().index("<svg") :]


def _save(figure: plt.Figure, path: Path) -> None:
    with warnings.catch_warnings(), whole_file(path, suffix=".tmp.png") as temporary:
        warnings.filterwarnings("ignore", message=MISSING_GLYPH)
        figure.tight_layout()
        figure.savefig(temporary, dpi=120)
    plt.close(figure)
