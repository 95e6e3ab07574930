"""seq2edge prepare: prepare the data of a recipe without training."""

import argparse

from seq2edge.device.terminal import write

HELP = "read, clean, split and tokenize a recipe's data, without training"
EXAMPLES = """\
  seq2edge prepare my-recipe.toml
  seq2edge prepare my-recipe.toml --set tokenizer.vocabulary=2000"""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("recipe", help="name of a bundled recipe (see seq2edge recipes) or a TOML file")
    parser.add_argument("--set", action="append", metavar="KEY=VALUE", help="override a key: section.key=value")
    parser.add_argument("--output", metavar="RUN", help="folder of the run (default: runs/NAME)")
    parser.add_argument("--overwrite", action="store_true", help="replace the data of an existing run")
    parser.add_argument("--quiet", action="store_true", help="show no progress")


def run(arguments: argparse.Namespace) -> int:
    from pathlib import Path

    from seq2edge.pipeline.data.prepare import PrepareOptions, prepare
    from seq2edge.pipeline.recipe_schema.load import find_recipe, load_recipe
    from seq2edge.pipeline.training.run_lock import run_lock

    path = find_recipe(arguments.recipe)
    recipe = load_recipe(path, arguments.set)
    output = Path(arguments.output or Path("runs") / recipe.name)
    with run_lock(output):
        dataset = prepare(recipe, output, PrepareOptions(path.parent, arguments.overwrite, quiet=arguments.quiet))
    write(f"data: {dataset.path}")
    return 0
