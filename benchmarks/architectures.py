"""Compares the score, size and speed of architectures with the same width, data and number of steps.

    python benchmarks/architectures.py                # trains what is missing, then measures and writes the table
    python benchmarks/architectures.py --train-only --only lstm-dot lstm-concat       # one process of several

The data is Multi30k en→de. Each architecture is a run in OUTPUT/NAME. Interrupted runs are resumed. Measure with
nothing else running. Ratios are relative to lstm-general, measured in the same run.
"""

import argparse
import dataclasses
import json
import shutil
import statistics
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

STEPS = 2000
PEER = "lstm-general"
RNN, GRU = ({"encoder": kind, "decoder": kind} for kind in ("rnn", "gru"))
# Settings of [model] that differ from those shared by all architectures.
ARCHITECTURES: dict[str, dict[str, Any]] = {
    "rnn-none": {**RNN, "decoder.attention": "none"},
    "gru-none": {**GRU, "decoder.attention": "none"},
    "lstm-none": {"decoder.attention": "none"},
    "rnn-general": RNN,
    "gru-general": GRU,
    "lstm-general": {},
    "lstm-dot": {"decoder.attention": "dot"},
    "lstm-scaled-dot": {"decoder.attention": "scaled_dot"},
    "lstm-concat": {"decoder.attention": "concat"},
    "lstm-location": {"decoder.attention": "location"},
    "lstm-local-m": {"decoder.alignment": "local-m", "decoder.window": 5},
    "lstm-local-p": {"decoder.alignment": "local-p", "decoder.window": 5},
    "lstm-general-feeding": {"decoder.input_feeding": True},
    "gru-bahdanau": {**GRU, "decoder.attention": "bahdanau"},
    "lstm-stacked": {
        **{f"{side}.layers": 2 for side in ("encoder", "decoder")},
        **{f"{side}.residual": True for side in ("encoder", "decoder")},
        **{f"{side}.layer_norm": True for side in ("encoder", "decoder")},
        "decoder.attention": "general",
        "variational_dropout": True,
    },
    "gru-lstm-general": {"encoder": "gru"},
    "transformer-lstm": {"encoder": "transformer", "encoder.layers": 2},
    "lstm-transformer": {"decoder": "transformer", "decoder.layers": 2},
    "transformer": {
        "encoder": "transformer",
        "decoder": "transformer",
        "encoder.layers": 2,
        "decoder.layers": 2,
    },
}
SHARED = {
    "tokenizer.vocabulary": 3000,
    "tokenizer.samples": 1,
    "model.encoder": "lstm",
    "model.decoder": "lstm",
    "model.units": 256,
    "model.embedding": 256,
    "model.dropout": 0.2,
    "training.batch_size": 32,
    "training.epochs": 4,
    "training.steps_per_epoch": STEPS // 4,
    "training.warmup_steps": 400,
    "training.learning_rate": 0.002,
    "training.stop_on": "loss",
    "training.score_sentences": 0,
    "training.ema": 0,
    "training.tensorboard": False,
    "decoding.beam": 1,
    "export.beam_sizes": [1],
}


def as_settings(values: Mapping[str, Any]) -> list[str]:
    """Format settings as arguments of `--set`."""
    return [f"{key}={json.dumps(value)}" for key, value in values.items()]


def recipe_of(name: str, more: Mapping[str, Any] | None = None) -> Any:
    """Return the recipe multi30k-en-de with one architecture, and with more settings if given."""
    from seq2edge.pipeline.recipe_schema.load import RECIPES, load_recipe

    settings = {f"model.{key}": value for key, value in ARCHITECTURES[name].items()}
    if "transformer" in name:
        settings["training.learning_rate"] = 0.001  # with 0.002 its loss stays high
    return load_recipe(RECIPES / "multi30k-en-de.toml", as_settings({**SHARED, **settings, **(more or {})}))


def train_beside(recipe: Any, folder: Path) -> None:
    """Train or resume a run. The data is prepared once for all runs in the same folder."""
    from seq2edge.pipeline.data.prepare import PrepareOptions, prepare
    from seq2edge.pipeline.recipe_schema.load import RECIPES
    from seq2edge.pipeline.training.options import TrainOptions
    from seq2edge.pipeline.training.trainer import train

    if not (folder / "data").is_dir():
        shared = folder.parent / "data"
        if not shared.is_dir():
            prepare(recipe, folder.parent, PrepareOptions(RECIPES))
        shutil.copytree(shared, folder / "data")
    train(recipe, folder, TrainOptions(recipe_folder=RECIPES, resume=True))


def measure_one(name: str, output: Path) -> dict[str, Any]:
    """Measure score, size and speed of a trained architecture."""
    from seq2edge.export.comparison import compare, int8_bundle
    from seq2edge.pipeline.run import Run

    run = dataclasses.replace(Run.open(output / name), recipe=recipe_of(name))
    (row,) = compare([run])
    agreement = int8_bundle(run).manifest.scores["agreement_with_keras"]
    return {
        **dataclasses.asdict(row),
        "tokens_per_s": training_speed(run),
        "int8_logit_difference": agreement["largest_logit_difference"],
    }


def training_speed(run: Any, steps: int = 20) -> float:
    """Return real target tokens per second, the median over training steps of one shape."""
    import keras

    from seq2edge.models.loss import SequenceLoss
    from seq2edge.pipeline.data.batches import Batches, BatchOptions
    from seq2edge.pipeline.data.collate import collate_seq2seq

    model = run.model()
    options = BatchOptions(batch_size=run.recipe.training.batch_size, buckets=1, seed=1)
    batches = Batches(run.data.train, collate_seq2seq, options)
    model.training.compile(keras.optimizers.AdamW(1e-5), SequenceLoss(), jit_compile=False)
    speeds = []
    for step in range(3 + steps):
        inputs, target_ids = batches[step]
        started = time.perf_counter()
        model.training.train_on_batch(list(inputs), target_ids)
        speeds.append((target_ids != 0).sum() / (time.perf_counter() - started))
    return statistics.median(speeds[3:])  # the first steps compile


def table(rows: list[dict[str, Any]]) -> str:
    """Format the rows as Markdown, with speeds also relative to the reference of the same run."""
    peer = next((row for row in rows if row["name"] == PEER), rows[0])
    lines = [
        "| architecture | validation BLEU | parameters | int8 MB | training tokens/s | ms per word | int8 logits off |",
        "|---|---|---|---|---|---|---|",
    ]
    for row in rows:
        tokens, word = row["tokens_per_s"], row["ms"]
        lines.append(
            f"| {row['name']} | {row['bleu']:.1f} | {row['parameters'] / 1e6:.2f} M | {row['int8_mb']:.2f} "
            f"| {tokens:,.0f} ({tokens / peer['tokens_per_s']:.2f}) | {word:.2f} ({word / peer['ms']:.2f}) "
            f"| {row['int8_logit_difference']:.2f} |"
        )
    return "\n".join(lines)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--output", type=Path, default=Path("runs/architectures"))
    parser.add_argument("--only", nargs="+", choices=ARCHITECTURES, default=list(ARCHITECTURES), metavar="NAME")
    parser.add_argument("--train-only", action="store_true", help="do not measure, because other programs are running")
    arguments = parser.parse_args()
    for name in arguments.only:
        train_beside(recipe_of(name), arguments.output / name)
    if arguments.train_only:
        return
    rows = []
    for name in arguments.only:
        rows.append(measure_one(name, arguments.output))
        print(json.dumps(rows[-1]), flush=True)
    (arguments.output / "table.json").write_text(json.dumps(rows, indent=1) + "\n", encoding="utf-8")
    print(table(rows))


if __name__ == "__main__":
    main()
