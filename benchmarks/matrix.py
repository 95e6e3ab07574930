"""Compares every export with Keras on every runtime: architecture × quantization × runtime.

    python benchmarks/matrix.py runs/a runs/b … --output matrix

Each run is exported for all runtimes in every quantization, and as a SavedModel. Validation sentences are translated
with greedy search by Keras and by `seq2edge run`. The latter runs in two environments with only the runner, one with
LiteRT and one with tflite-runtime 2.14, which the first call creates. The export itself checks the runtime of browsers.
Results are kept in the output folder, and an interrupted call is resumed.
"""

import argparse
import json
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any, get_args

ROOT = Path(__file__).parents[1]
ENVIRONMENTS = {"LiteRT": "device", "tflite-runtime 2.14": "device-tflite"}  # with the extra that installs each


def environment(folder: Path, extra: str) -> Path:
    """Return the Python of an environment with only the runner."""
    python = folder / "bin" / "python"
    if not (folder / "done").exists():
        subprocess.run([sys.executable, "-m", "venv", "--clear", folder], check=True)
        subprocess.run([python, "-m", "pip", "install", "--quiet", f"{ROOT}[{extra}]"], check=True)
        (folder / "done").touch()
    return python


def say(python: Path, bundle: Path, sources: Sequence[str]) -> list[str]:
    """Return the answers of `seq2edge run`, one per line."""
    command = [python, "-m", "seq2edge.cli.main", "run", bundle, "--beam", "1", "--no-shortlist"]
    process = subprocess.run(command, input="\n".join(sources), capture_output=True, text=True, check=True)
    return process.stdout.splitlines()


def measure(folder: Path, output: Path, sentences: int) -> list[dict[str, Any]]:
    """Return a row for each quantization of a run, and one for its SavedModel."""
    from seq2edge.device.errors import UserError
    from seq2edge.device.manifests.common import Quantization, Runtime
    from seq2edge.device.search.decoding import decode
    from seq2edge.device.search.options import DecodingOptions
    from seq2edge.export.bundle import export_bundle
    from seq2edge.export.held_out import share
    from seq2edge.export.options import ExportOptions
    from seq2edge.export.saved_model import export_saved_model, verify_saved_model
    from seq2edge.pipeline.evaluation.examples import examples
    from seq2edge.pipeline.evaluation.metrics.registry import basic_scores
    from seq2edge.pipeline.families.keras_decoding import KerasSequenceModel
    from seq2edge.pipeline.run import Run

    run = Run.open(folder)
    processor, tokenizer, model = run.data.processor(run.recipe), run.data.target_tokenizer(), run.model()
    expected = examples(list(run.data.texts("valid")), run.recipe.task)[:sentences]
    sources = [processor(example.source, run.recipe.model.source_length) for example in expected]
    options = DecodingOptions(max_length=run.recipe.model.target_length)
    keras = [tokenizer.decode(best.ids) for best, *_ in decode(KerasSequenceModel(model), sources, options)]
    rows: list[dict[str, Any]] = []
    for quantization in get_args(Quantization):
        bundle_path = output / f"{folder.name}-{quantization}"
        bleu = basic_scores(run.recipe.task, keras, expected)["bleu"]
        row: dict[str, Any] = {"run": folder.name, "file": quantization, "Keras": bleu}
        try:
            options = ExportOptions(quantization, runtimes=get_args(Runtime), shortlist=0, overwrite=True)
            bundle = export_bundle(run, bundle_path, options, lambda line: None)
        except UserError as error:
            rows.append(row | {"refused": str(error)})
            continue
        row["MB"] = bundle.manifest.files["model.tflite"]["bytes"] / 1e6
        row["logits off"] = bundle.manifest.scores["agreement_with_keras"]["largest_logit_difference"]
        for name, extra in ENVIRONMENTS.items():
            said = say(environment(output / extra, extra), bundle_path, [example.source for example in expected])
            row[name] = basic_scores(run.recipe.task, said, expected)["bleu"]
            row[f"{name} same"] = share([a == b for a, b in zip(keras, said, strict=True)])
        rows.append(row)
    path = export_saved_model(run, output / f"{folder.name}.saved_model", overwrite=True)
    return [*rows, {"run": folder.name, "file": "SavedModel", **verify_saved_model(run, path)}]


def table(rows: Sequence[dict[str, Any]]) -> str:
    """Format the rows as Markdown."""
    lines = [
        f"| run | file | MB | {' | '.join(f'{name}: same as Keras | BLEU lost' for name in ENVIRONMENTS)} "
        "| first logits off |",
        "|---|---|---|" + "---|" * (2 * len(ENVIRONMENTS) + 1),
    ]
    for row in rows:
        start = f"| {row['run']} | {'float32' if row['file'] == 'none' else row['file']} |"
        if "refused" in row:
            lines.append(f"{start} refused: {row['refused']} " + "| " * (2 * len(ENVIRONMENTS) + 2))
        elif row["file"] == "SavedModel":
            lines.append(f"{start} | {row['serving_default']:.1f} %, beam {row['beam']:.1f} % | | | | |")
        else:
            cells = [f"{row[f'{name} same']:.1f} % | {row['Keras'] - row[name]:+.2f}" for name in ENVIRONMENTS]
            lines.append(f"{start} {row['MB']:.2f} | {' | '.join(cells)} | {row['logits off']:.5f} |")
    return "\n".join(lines)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("runs", nargs="+", type=Path)
    parser.add_argument("--output", type=Path, default=Path("matrix"))
    parser.add_argument("--sentences", type=int, default=200)
    arguments = parser.parse_args()
    arguments.output.mkdir(parents=True, exist_ok=True)
    rows = []
    for folder in arguments.runs:
        done = arguments.output / f"{folder.name}.json"
        if not done.is_file():
            measured = measure(folder, arguments.output, arguments.sentences)
            done.write_text(json.dumps(measured, indent=1), encoding="utf-8")
            print(f"{folder.name} done", file=sys.stderr)
        rows += json.loads(done.read_text(encoding="utf-8"))
    print(table(rows))


if __name__ == "__main__":
    main()
