"""seq2edge quickstart: from the bundled corpus to a verified bundle."""

import argparse
from pathlib import Path
from typing import TYPE_CHECKING

from seq2edge.device.terminal import write

if TYPE_CHECKING:
    from seq2edge.pipeline.run import Run

HELP = "train, score, export and verify the bundled chatbot"
EXAMPLES = """\
  seq2edge quickstart
  seq2edge quickstart --set training.epochs=2    # fast, but a poor model"""
COMPARED = 100  # test phrasings that both the new and the installed bundle answer


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--set", action="append", metavar="KEY=VALUE", help="override a key: section.key=value")
    parser.add_argument("--runs", default="runs", help="folder for the run (default: runs)")
    parser.add_argument("--bundles", default="bundles", help="folder for the bundles (default: bundles)")
    parser.add_argument("--quiet", action="store_true", help="show no progress")


def run(arguments: argparse.Namespace) -> int:
    import sys
    import time

    from seq2edge.cli.keras_setup import use_tensorflow
    from seq2edge.pipeline.recipe_schema.load import RECIPES, load_recipe

    started = time.monotonic()

    def tell(line: str) -> None:
        if not arguments.quiet:
            write(f"[{time.monotonic() - started:4.0f} s] {line}", file=sys.stderr, flush=True)

    recipe = load_recipe(RECIPES / "quickstart.toml", arguments.set)
    tell("loading TensorFlow")
    use_tensorflow()
    from seq2edge.device.runners.load import load_runner
    from seq2edge.device.vectors.check import check_vectors
    from seq2edge.export.bundle import bundle_name, export_bundle
    from seq2edge.export.card import summary
    from seq2edge.export.options import ExportOptions
    from seq2edge.pipeline.evaluation.evaluate import EvaluateOptions, evaluate_run
    from seq2edge.pipeline.evaluation.tables import table
    from seq2edge.pipeline.training.options import TrainOptions
    from seq2edge.pipeline.training.trainer import train

    tell("training on the bundled corpus")
    trained = train(recipe, Path(arguments.runs) / recipe.name, TrainOptions(overwrite=True, quiet=arguments.quiet))
    tell("scoring the test set")
    write(table([evaluate_run(trained, options=EvaluateOptions(quiet=True))]))
    bundles = Path(arguments.bundles)
    for quantization in recipe.export.quantize:
        options = ExportOptions(quantization, overwrite=True)
        path = bundles / bundle_name(trained, options)
        tell(f"exporting {path}")
        bundle = export_bundle(trained, path, options, tell)
        checked = check_vectors(path)
        write(f"{summary(bundle)}, {'verified' if checked['passed'] else 'NOT VERIFIED'} on {checked['runtime']}")
    _compare_with_installed(trained, path)
    for question in ("good morning", "심심해", "what can you do?"):
        write(f"> {question}\n  {load_runner(path).run(question).text}")
    tell("done")
    write(
        f"\nChat with it:    seq2edge run {path}\n"
        f"In a browser:    seq2edge demo {path}\n"
        f"Your own pairs:  seq2edge init pairs.tsv && seq2edge train pairs.toml",
        file=sys.stderr,
    )
    return 0


def _compare_with_installed(run: "Run", bundle: Path) -> None:
    """Print the scores of the installed bundle, and the share of replies that both bundles have in common."""
    from seq2edge.device.bundle import read_bundle
    from seq2edge.device.errors import UserError
    from seq2edge.device.runners.load import load_runner
    from seq2edge.device.shipped_bundle import SHIPPED
    from seq2edge.export.card import summary
    from seq2edge.export.held_out import held_out_examples, share

    try:
        write(summary(read_bundle(SHIPPED)))
    except UserError as error:
        write(f"not compared: {error}")
        return
    phrasings = [example.source for example in held_out_examples(run, COMPARED)]
    ours, theirs = ([reply.text for reply in load_runner(path).run_all(phrasings)] for path in (bundle, SHIPPED))
    same = share([one == other for one, other in zip(ours, theirs, strict=True)])
    write(f"{same} % of the replies to {len(phrasings)} test phrasings are the same in both")
