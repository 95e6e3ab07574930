"""seq2edge train: a recipe → a run."""

import argparse

HELP = "train a recipe into a run"
EXAMPLES = """\
  seq2edge train ko-chatbot
  seq2edge train my-recipe.toml --output runs/second-try --set model.units=512 --set training.epochs=40
  seq2edge train my-recipe.toml --resume          go on where a killed training was
  seq2edge train new-pairs.toml --from runs/old   go on from an earlier model with new pairs; its tokenizer is kept"""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("recipe", help="a bundled recipe's name (seq2edge recipes) or a TOML file")
    parser.add_argument("--set", action="append", metavar="KEY=VALUE", help="override a key: section.key=value")
    parser.add_argument("--output", metavar="RUN", help="folder of the run (default: runs/NAME)")
    parser.add_argument("--from", dest="start", metavar="RUN", help="go on from an earlier run's weights and tokenizer")
    parser.add_argument("--resume", action="store_true", help="go on from the run's last checkpoint")
    parser.add_argument("--overwrite", action="store_true", help="replace a run that stands there")
    parser.add_argument("--quiet", action="store_true", help="no progress")


def run(arguments: argparse.Namespace) -> int:
    import sys
    from pathlib import Path

    from seq2edge.cli.keras_setup import quiet_tensorflow
    from seq2edge.pipeline.recipe_file import find_recipe, load_recipe

    path = find_recipe(arguments.recipe)
    recipe = load_recipe(path, arguments.set)
    output = Path(arguments.output or Path("runs") / recipe.name)
    quiet_tensorflow()
    from seq2edge.pipeline.run import Run
    from seq2edge.pipeline.training import train

    try:
        start = Run.open(Path(arguments.start)) if arguments.start else None
        trained = train(recipe, output, path.parent, arguments.resume, arguments.overwrite, arguments.quiet, start)
    except KeyboardInterrupt:
        if (output / "checkpoint.npz").is_file():
            print(f"\nstopped; the last whole epoch is kept. Go on with: {_again(arguments)}", file=sys.stderr)
        raise
    print(f"run: {trained.path}")
    print(f"next: seq2edge evaluate {trained.path}", file=sys.stderr)
    return 0


def _again(arguments: argparse.Namespace) -> str:
    import shlex

    words = ["seq2edge", "train", arguments.recipe]
    words += [word for setting in arguments.set or [] for word in ("--set", setting)]
    words += ["--output", arguments.output] if arguments.output else []
    return shlex.join([*words, "--resume"])
