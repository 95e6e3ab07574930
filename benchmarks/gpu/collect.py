"""Makes runs of the weights that were trained on the GPU, to evaluate and export them where TensorFlow is installed."""

import shutil
from pathlib import Path
from typing import Any

from gpu.results import Results, load_weights
from gpu.settings import RECIPES_OF_PARTS
from seq2edge.models.seq2seq import Seq2Seq
from seq2edge.pipeline.data.dataset import Dataset
from seq2edge.pipeline.families.seq2seq import build_models, model_config
from seq2edge.pipeline.files import write_csv
from seq2edge.pipeline.recipe_schema.load import load_recipe
from seq2edge.pipeline.run import DATA_FOLDER, HISTORY_FILE, RECIPE_FILE
from seq2edge.pipeline.training.checkpoint import save_model
from seq2edge.pipeline.training.validation import validator


def collect_runs(folder: Path, results: Path, runs: Path) -> None:
    """Make RUNS/transformer and RUNS/hybrid, each with the weights of the highest BLEU on validation sentences."""
    found = Results(results).read()
    for part in RECIPES_OF_PARTS:
        if list(results.glob(f"{part}-*.npz")):
            _collect(folder, results, runs / part, found.get(part, {}).get("curve", []))
        else:
            print(f"{part}: no weights found")


def _collect(folder: Path, results: Path, run: Path, curve: list[dict[str, Any]]) -> None:
    part = run.name
    recipe, data = load_recipe(folder / f"{part}.toml"), Dataset.open(folder / DATA_FOLDER)
    model = build_models(model_config(recipe, data))
    validate = validator(model, recipe, data)
    bleu = {}
    for name in ("best", "mean"):
        if list(results.glob(f"{part}-{name}-*.npz")):
            _assign(model, load_weights(results, f"{part}-{name}"))
            bleu[name] = validate().scores["bleu"]
    best = max(bleu, key=lambda name: bleu[name])
    _assign(model, load_weights(results, f"{part}-{best}"))
    run.mkdir(parents=True, exist_ok=True)
    shutil.copytree(folder / DATA_FOLDER, run / DATA_FOLDER, dirs_exist_ok=True)
    (run / RECIPE_FILE).write_text(recipe.to_toml(), encoding="utf-8")
    save_model(run, model.training)
    if curve:
        write_csv(run / HISTORY_FILE, [_history_row(number, row) for number, row in enumerate(curve, start=1)])
    scores = ", ".join(f"{name} {value:.2f}" for name, value in bleu.items())
    print(f"{run}: validation BLEU: {scores}; kept {best}; next: seq2edge evaluate {run}, seq2edge export {run}")


def _assign(model: Seq2Seq, weights: list[Any]) -> None:
    for variable, value in zip(model.training.trainable_variables, weights, strict=True):
        variable.assign(value)


def _history_row(number: int, row: dict[str, Any]) -> dict[str, Any]:
    """Return a row of history.csv. There is one for each time that the weights were saved, not for each epoch."""
    return {"epoch": number, "loss": row["loss"], "val_loss": row["validation_loss_best"], "seconds": row["seconds"]}
