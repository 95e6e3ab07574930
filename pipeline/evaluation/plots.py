"""Plots of trainings and evaluations."""

import io
import itertools
import logging
import warnings
from collections.abc import Mapping, Sequence
from pathlib import Path

import matplotlib

matplotlib.use("Agg")
import matplotlib.pyplot as plt
import numpy as np
from matplotlib import font_manager

from seq2edge.pipeline.files import whole_file

INK, ACCENT, GRID = "#22303c", "#c8553d", "#dfe3e6"
COLOURS = (ACCENT, INK, "#4c8c6b", "#8a6fb0", "#c9a227")
# Fonts with Hangul: Debian, Noto, macOS, Windows.
HANGUL_FONTS = ("NanumGothic", "Noto Sans CJK KR", "Noto Sans KR", "Apple SD Gothic Neo", "Malgun Gothic", "UnDotum")


def _use_fonts() -> None:
    installed = {font.name for font in font_manager.fontManager.ttflist}
    plt.rcParams["font.family"] = [*(name for name in HANGUL_FONTS if name in installed), "DejaVu Sans"]
    plt.rcParams["axes.unicode_minus"] = False
    logging.getLogger("matplotlib.font_manager").setLevel(logging.ERROR)


def plot_history(history: Sequence[dict[str, float]], score: str, path: Path) -> None:
    """Training loss, validation loss and validation score by epoch.

    Args:
        history: A row for each epoch.
        score: Name of the score; if the history lacks it, only losses are plotted.
        path: A PNG file.
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
    """Heat maps of attention.

    Args:
        sentences: (source tokens, target tokens, weights `(target_length, source_length)`) of each.
        titles: Of each sentence; empty for no titles.
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
    """A value against several costs: a panel for each cost, a point for each name.

    Args:
        panels: Costs of each name, by the label of the cost.
        values, names: Of the points.
        label: Of the value.
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
    """Histogram of sentence scores (0 to 100), a line for each system, as an SVG element."""
    _use_fonts()
    _, axis = plt.subplots(figsize=(5.2, 3.2))
    for (name, values), colour in zip(scores.items(), itertools.cycle(COLOURS)):
        counts, edges = np.histogram(values, bins=20, range=(0, 100))
        axis.stairs(counts, edges, color=colour, linewidth=1.8, label=name)
    return _to_svg(axis, label, "sentences")


def svg_of_groups(scores: Mapping[str, Mapping[str, float]], across: str, label: str) -> str:
    """Score by group, a line for each system, as an SVG element.

    Args:
        scores: By system, then by group.
        across: Label of the groups.
        label: Of the score.
    """
    _use_fonts()
    _, axis = plt.subplots(figsize=(5.2, 3.2))
    for (name, groups), colour in zip(scores.items(), itertools.cycle(COLOURS)):
        axis.plot(list(groups), list(groups.values()), color=colour, marker="o", linewidth=1.8, label=name)
    axis.set_ylim(bottom=0)
    return _to_svg(axis, across, label)


def _style(axis: plt.Axes) -> None:
    axis.grid(color=GRID)
    axis.spines[["top", "right"]].set_visible(False)


def _to_svg(axis: plt.Axes, x_label: str, y_label: str) -> str:
    axis.set_xlabel(x_label)
    axis.set_ylabel(y_label)
    _style(axis)
    axis.legend(frameon=False)
    content = io.StringIO()
    axis.figure.savefig(content, format="svg", bbox_inches="tight", metadata={"Date": None})
    plt.close(axis.figure)
    return content.getvalue()[content.getvalue().index("<svg") :]


def _save(figure: plt.Figure, path: Path) -> None:
    with warnings.catch_warnings(), whole_file(path, suffix=".tmp.png") as temporary:
        # Without a font for a script boxes are drawn; a warning for each missing character would not help.
        warnings.filterwarnings("ignore", message="Glyph .* missing")
        figure.tight_layout()
        figure.savefig(temporary, dpi=120)
    plt.close(figure)
