"""seq2edge quickstart: the main job, from the bundled corpus to a verified bundle."""

import argparse

HELP = "train, score, export and verify the bundled chatbot"
EXAMPLES = """\
  seq2edge quickstart
  seq2edge quickstart --set training.epochs=2           a quick look at the journey, not at the model"""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--set", action="append", metavar="KEY=VALUE", help="override a key: section.key=value")
    parser.add_argument("--runs", default="runs", help="folder for the run (default: runs)")
    parser.add_argument("--bundles", default="bundles", help="folder for the bundles (default: bundles)")
    parser.add_argument("--quiet", action="store_true", help="no progress")


def run(arguments: argparse.Namespace) -> int:
    import sys
    import time
    from pathlib import Path

    from seq2edge.cli.keras_setup import quiet_tensorflow
    from seq2edge.pipeline.recipe_schema.load import RECIPES, load_recipe

    started = time.monotonic()

    def tell(line: str) -> None:
        if not arguments.quiet:
            print(f"[{time.monotonic() - started:4.0f} s] {line}", file=sys.stderr, flush=True)

    quiet_tensorflow()
    recipe = load_recipe(RECIPES / "quickstart.toml", arguments.set)
    tell("loading TensorFlow")
    from seq2edge.device.runner import Runner
    from seq2edge.device.vectors import check_vectors
    from seq2edge.export.bundle import export_bundle
    from seq2edge.pipeline.evaluation.evaluate import evaluate_run, table
    from seq2edge.pipeline.training.options import TrainOptions
    from seq2edge.pipeline.training.trainer import train

    tell("training on the bundled corpus")
    trained = train(recipe, Path(arguments.runs) / recipe.name, TrainOptions(overwrite=True, quiet=arguments.quiet))
    tell("scoring the held-out phrasings")
    print(table([evaluate_run(trained, quiet=True)]))
    bundles = Path(arguments.bundles)
    for quantization in recipe.export.quantize:
        path = bundles / f"{recipe.name}-{'float32' if quantization == 'none' else quantization}"
        tell(f"exporting {path}")
        bundle = export_bundle(trained, path, quantization, overwrite=True, tell=tell)
        verified = check_vectors(Runner.from_bundle(path))
        print(
            f"{path}: {bundle.files['model.tflite']['bytes'] / 1e6:.2f} MB, "
            f"exact match {bundle.scores['bundle']['exact_match']} % "
            f"(Keras {bundle.scores['keras']['exact_match']} %), "
            f"{bundle.scores['agreement_with_keras']['identical']} % identical outputs, "
            f"{'verified' if verified['passed'] else 'NOT VERIFIED'} on {verified['runtime']}"
        )
    for question in ("good morning", "심심해", "what can you do?"):
        print(f"> {question}\n  {Runner.from_bundle(path).run(question).text}")
    tell("done")
    print(
        f"\nTalk to it:      seq2edge run {path}\n"
        f"In a web page:   make demo\n"
        f"Your own pairs:  seq2edge init pairs.tsv && seq2edge train pairs.toml",
        file=sys.stderr,
    )
    return 0
