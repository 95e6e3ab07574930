"""seq2edge recipes: list the bundled recipes."""

import argparse

from seq2edge.device.terminal import json_line, write

HELP = "list the bundled recipes and their measured results"
EXAMPLES = "  seq2edge recipes"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--json", action="store_true", help="print JSON")


def run(arguments: argparse.Namespace) -> int:
    from seq2edge.pipeline.recipe_schema.load import RECIPES, load_recipe, recipe_names

    recipes = [load_recipe(RECIPES / f"{name}.toml") for name in recipe_names()]
    if arguments.json:
        print(json_line([recipe.model_dump() for recipe in recipes], indent=2))
        return 0
    for recipe in recipes:
        write(f"{recipe.name:18} {recipe.task:12} {recipe.about}")
        write(f"{'':18} {recipe.measured or 'not measured yet'}")
    return 0
