"""Tests textbook claims about encoder-decoders: trains the runs and draws the pictures of docs/experiments.md.

    python benchmarks/experiments.py train                      # digit strings and Multi30k; resumes where it stopped
    python benchmarks/experiments.py train --only copy-lstm-none reverse-lstm-none
    python benchmarks/experiments.py plot                       # tables, and docs/experiments-*.png
    python benchmarks/experiments.py race                       # learning curves against minutes; or of RUN RUN…

A digit string has 5 to 60 random digits. All lengths are equally frequent. The task is to copy or to reverse it.
"""

import argparse
import random
import statistics
from collections import defaultdict
from itertools import pairwise
from pathlib import Path
from typing import Any

from architectures import as_settings, recipe_of, train_beside

LENGTHS = (5, 60)
PAIRS = {"train": 20_000, "valid": 500, "test": 1_500}
BIN = 5  # number of lengths that form one point of a plot
CELLS = ("rnn", "gru", "lstm")
SAMPLING = 0.25
# Settings that differ from those shared by all models.
STRING_MODELS: dict[str, dict[str, Any]] = {
    **{
        f"{cell}-none": {"model.encoder": cell, "model.decoder": cell, "model.decoder.attention": "none"}
        for cell in CELLS
    },
    "lstm-general": {},
    "lstm-none-sampling": {"model.decoder.attention": "none", "training.scheduled_sampling": SAMPLING},
    "lstm-general-sampling": {"training.scheduled_sampling": SAMPLING},
}
STRINGS = {
    f"{task}-{name}": (task, settings)
    for task in ("copy", "reverse")
    for name, settings in STRING_MODELS.items()
    if task == "copy" or "sampling" not in name
}
STRING_RECIPE = """
name = "strings"
task = "translation"
[data]
keep_identical = true
files = [{files}]
[tokenizer]
model_type = "bpe"
vocabulary = 281
[model]
units = 128
embedding = 64
dropout = 0.0
[training]
epochs = 10
batch_size = 64
buckets = 6
learning_rate = 0.002
warmup_steps = 200
label_smoothing = 0.0
stop_on = "loss"
patience = 10
score_sentences = 0
tensorboard = false
"""
# Runs on Multi30k: an architecture of benchmarks/architectures.py, and settings that differ.
MULTI30K = {"tokenizer.samples": 8, "training.ema": 0.999}
CAPTIONS: dict[str, tuple[str, dict[str, Any]]] = {
    "captions-forcing": ("lstm-dot", {}),
    "captions-sampling": ("lstm-dot", {"training.scheduled_sampling": SAMPLING}),
}
# Epochs have 250 steps. The number of epochs is such that all runs take about equally long on one core.
RACE: dict[str, tuple[str, dict[str, Any]]] = {
    name: (architecture, {"training.epochs": epochs, "training.steps_per_epoch": 250, "training.score_sentences": 200})
    for name, architecture, epochs in (
        ("recurrent", "lstm-dot", 28),
        ("hybrid", "lstm-transformer", 14),
        ("transformer", "transformer", 11),
    )
}
COLOURS = ["#22303c", "#c8553d", "#3d7ea6", "#8a9a5b", "#b08bbb", "#d9a441"]


def write_strings(task: str, folder: Path, seed: int = 1) -> None:
    """Write FOLDER/train.tsv, valid.tsv and test.tsv."""
    folder.mkdir(parents=True, exist_ok=True)
    draw = random.Random(seed)
    for split, pairs in PAIRS.items():
        rows = []
        for _ in range(pairs):
            digits = [str(draw.randrange(10)) for _ in range(draw.randint(*LENGTHS))]
            rows.append(" ".join(digits) + "\t" + " ".join(digits if task == "copy" else digits[::-1]))
        (folder / f"{split}.tsv").write_text("\n".join(rows) + "\n", encoding="utf-8")


def train_strings(name: str, output: Path) -> None:
    from seq2edge.pipeline.recipe_schema.load import load_recipe
    from seq2edge.pipeline.training.options import TrainOptions
    from seq2edge.pipeline.training.trainer import train

    task, settings = STRINGS[name]
    folder = output / f"strings-{task}"
    if not folder.is_dir():
        write_strings(task, folder)
    files = ", ".join(f'{{ path = "{split}.tsv", split = "{split}" }}' for split in PAIRS)
    recipe = folder / "recipe.toml"
    recipe.write_text(STRING_RECIPE.format(files=files), encoding="utf-8")
    train(load_recipe(recipe, as_settings(settings)), output / name, TrainOptions(recipe_folder=folder, resume=True))


def train_multi30k(name: str, output: Path) -> None:
    architecture, settings = {**CAPTIONS, **RACE}[name]
    train_beside(recipe_of(architecture, {**MULTI30K, **settings}), output / name)


def score_strings(run: Any) -> dict[int, tuple[float, float]]:
    """Return the shares of correct strings and digits, with greedy search, by the middle of each group of lengths."""
    from seq2edge.device.search.decoding import decode
    from seq2edge.device.search.options import DecodingOptions
    from seq2edge.pipeline.families.keras_decoding import KerasSequenceModel

    tokenizer, pairs = run.data.target_tokenizer(), list(run.data.texts("test"))
    processor = run.data.processor(run.recipe)
    sources = [processor(pair.source, 64) for pair in pairs]
    found = decode(KerasSequenceModel(run.model()), sources, DecodingOptions(max_length=64))
    groups: dict[int, list[tuple[bool, float]]] = defaultdict(list)
    for pair, (best, *_) in zip(pairs, found, strict=True):
        wanted, said = pair.target.split(), tokenizer.decode(best.ids).split()
        right = sum(a == b for a, b in zip(wanted, said, strict=False)) / len(wanted)
        first = (len(wanted) - LENGTHS[0]) // BIN * BIN + LENGTHS[0]
        groups[(first + min(first + BIN - 1, LENGTHS[1])) // 2].append((wanted == said, right))
    return {
        length: (statistics.mean(whole for whole, _ in rows), statistics.mean(digits for _, digits in rows))
        for length, rows in sorted(groups.items())
    }


def score_captions(folder: Path) -> float:
    """Return the BLEU of greedy search on the validation set."""
    from seq2edge.pipeline.evaluation.evaluate import EvaluateOptions, evaluate_run
    from seq2edge.pipeline.run import Run

    return float(
        evaluate_run(Run.open(folder), "valid", EvaluateOptions(search={"beam": 1}, quiet=True)).scores["bleu"]
    )


def epoch_seconds(rows: list[dict[str, float]]) -> float:
    """Return the first quartile of a run's epoch times, which excludes delays by other programs."""
    ends = [0.0, *(row["seconds"] for row in rows)]
    return statistics.quantiles([end - start for start, end in pairwise(ends)], n=4)[0]


def draw(panels: dict[str, dict[str, tuple[list[float], list[float]]]], across: str, up: str, path: Path) -> None:
    """Draw one panel per title, with one line (xs, ys) per name."""
    import matplotlib

    matplotlib.use("Agg")
    import matplotlib.pyplot as plt

    figure, axes = plt.subplots(1, len(panels), figsize=(5.2 * len(panels), 3.6), sharey=True, squeeze=False)
    for axis, (title, lines) in zip(axes[0], panels.items(), strict=True):
        for colour, (name, (xs, ys)) in zip(COLOURS, lines.items(), strict=False):
            axis.plot(xs, ys, "o-", color=colour, label=name, markersize=4)
        axis.set_title(title, loc="left", fontsize=11)
        axis.set_xlabel(across)
        axis.grid(color="#dfe3e6")
        axis.spines[["top", "right"]].set_visible(False)
        axis.legend(frameon=False, fontsize=8)
    axes[0][0].set_ylabel(up)
    figure.tight_layout()
    figure.savefig(path, dpi=120)


def plot(output: Path, docs: Path) -> None:
    """Draw the pictures of the strings, and print a table for each task and the score of the captions."""
    from seq2edge.pipeline.run import Run

    right: dict[str, dict] = {"copied": {}, "reversed": {}}
    learning: dict[str, dict] = {"copied": {}, "reversed": {}}
    print("| run | s per epoch | validation loss | correct strings | correct digits | half of the strings up to |")
    print("|---|---|---|---|---|---|")
    for name, (task, _) in STRINGS.items():
        if not (output / name / "model.keras").is_file():
            continue
        run = Run.open(output / name)
        rows, scores = run.history(), score_strings(run)
        title, model = {"copy": "copied", "reverse": "reversed"}[task], name.removeprefix(f"{task}-")
        right[title][model] = (list(scores), [100 * whole for whole, _ in scores.values()])
        learning[title][model] = ([row["epoch"] for row in rows], [row["val_loss"] for row in rows])
        whole, digits = (100 * statistics.mean(column) for column in zip(*scores.values(), strict=True))
        half = max((length for length, (whole_there, _) in scores.items() if whole_there >= 0.5), default="none")
        print(
            f"| {name} | {epoch_seconds(rows):.0f} | {rows[-1]['val_loss']:.3f} | {whole:.1f} % "
            f"| {digits:.1f} % | {half} |"
        )
    draw(right, "digits", "strings right, %", docs / "experiments-strings.png")
    draw(learning, "epoch", "validation loss", docs / "experiments-learning.png")
    for name in CAPTIONS:
        if (output / name / "model.keras").is_file():
            print(f"{name}: validation BLEU {score_captions(output / name):.2f}")


def race(folders: list[Path], docs: Path) -> None:
    """Plot the validation BLEU of runs against minutes. All epochs of a run count as equally long."""
    from seq2edge.pipeline.run import Run

    lines = {}
    for folder in folders:
        rows = Run.open(folder).history()
        epoch = epoch_seconds(rows)
        minutes = [row["epoch"] * epoch / 60 for row in rows]
        scores = [row["val_bleu"] for row in rows]
        lines[folder.name] = (minutes, scores)
        best, reached = max(zip(scores, minutes, strict=True))
        print(f"{folder.name}: {epoch:.0f} s per epoch, best {best:.2f} after {reached:.0f} min")
    draw({"Multi30k en → de": lines}, "minutes", "validation BLEU, greedy", docs / "experiments-race.png")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--output", type=Path, default=Path("runs/experiments"))
    parser.add_argument("--docs", type=Path, default=Path("docs"))
    commands = parser.add_subparsers(dest="command", required=True)
    train = commands.add_parser("train")
    names = [*STRINGS, *CAPTIONS, *RACE]
    train.add_argument("--only", nargs="+", choices=names, default=names, metavar="RUN")
    commands.add_parser("plot")
    commands.add_parser("race").add_argument("runs", nargs="*", type=Path)
    arguments = parser.parse_args()
    if arguments.command == "train":
        for name in arguments.only:
            (train_strings if name in STRINGS else train_multi30k)(name, arguments.output)
    elif arguments.command == "plot":
        plot(arguments.output, arguments.docs)
    else:
        race(arguments.runs or [arguments.output / name for name in RACE], arguments.docs)


if __name__ == "__main__":
    main()
