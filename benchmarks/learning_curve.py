"""Plots a validation score against the number of training pairs, to show whether more pairs would help.

    python benchmarks/learning_curve.py quickstart --metric exact_match     # runs/learning-curve/*, table and plot
    python benchmarks/learning_curve.py my-recipe.toml --shares 0.5 1 --set training.epochs=4

Each share of the data is trained with `data.training_share` and scored with Keras. A smaller share is part of every
larger one. Interrupted runs are resumed.
"""

import argparse
from pathlib import Path
from typing import Any

SHARES = (0.25, 0.5, 0.75, 1.0)


def scored(recipe_path: Path, settings: list[str], share: float, folder: Path) -> tuple[int, dict[str, Any]]:
    """Train with a share of the data. Returns the number of training pairs and the validation scores."""
    from seq2edge.pipeline.evaluation.evaluate import EvaluateOptions, evaluate_run
    from seq2edge.pipeline.recipe_schema.load import load_recipe
    from seq2edge.pipeline.run import Run
    from seq2edge.pipeline.training.options import TrainOptions
    from seq2edge.pipeline.training.trainer import train

    recipe = load_recipe(recipe_path, [*settings, f"data.training_share={share}"])
    train(recipe, folder, TrainOptions(recipe_folder=recipe_path.parent, resume=True))
    run = Run.open(folder)
    return len(run.data.train), evaluate_run(run, "valid", EvaluateOptions()).scores


def plot(pairs: list[int], values: list[float], label: str, path: Path) -> None:
    """Plot the curve. The axis of pairs is logarithmic, because the curve is then often nearly straight."""
    import matplotlib

    matplotlib.use("Agg")
    import matplotlib.pyplot as plt

    figure, axis = plt.subplots(figsize=(5.4, 3.4))
    axis.plot(pairs, values, "o-", color="#c8553d", markersize=5)
    for count, value in zip(pairs, values, strict=True):
        axis.annotate(
            f"{value:.1f}", (count, value), xytext=(0, 7), textcoords="offset points", ha="center", fontsize=9
        )
    axis.set_xscale("log")
    axis.set_xticks(pairs, [f"{count:,}" for count in pairs])
    axis.minorticks_off()
    axis.margins(x=0.08, y=0.2)
    axis.set_xlabel("training pairs")
    axis.set_ylabel(label)
    axis.grid(color="#dfe3e6")
    axis.spines[["top", "right"]].set_visible(False)
    figure.tight_layout()
    figure.savefig(path, dpi=120)


def main() -> None:
    from seq2edge.pipeline.recipe_schema.load import RECIPES

    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("recipe", help="name of a bundled recipe, or a TOML file")
    parser.add_argument("--metric", default="bleu")
    parser.add_argument("--shares", type=float, nargs="+", default=SHARES)
    parser.add_argument("--set", action="append", default=[], dest="settings", metavar="KEY=VALUE")
    parser.add_argument("--output", type=Path, default=Path("runs/learning-curve"))
    arguments = parser.parse_args()
    path = Path(arguments.recipe)
    path = path if path.suffix == ".toml" else RECIPES / f"{path}.toml"
    pairs, values = [], []
    for share in sorted(arguments.shares):
        count, scores = scored(path, arguments.settings, share, arguments.output / f"{path.stem}-{share:g}")
        pairs.append(count)
        values.append(scores[arguments.metric])
        print(f"| {share:.0%} | {count:,} | {values[-1]:.1f} |", flush=True)
    plot(pairs, values, arguments.metric.replace("_", " "), arguments.output / f"{path.stem}.png")


if __name__ == "__main__":
    main()
