"""seq2edge recipes: list the bundled recipes."""

import argparse

HELP = "list the bundled recipes and their measured results"
EXAMPLES = "  seq2edge recipes"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--json", action="store_true", help="print JSON")


def run(arguments: argparse.Namespace) -> int:
    import json

    from seq2edge.pipeline.recipe_schema.load import RECIPES, load_recipe, recipe_names

    recipes = [load_recipe(RECIPES / f"{name}.toml") for name in recipe_names()]
    if arguments.json:
        print(json.dumps([recipe.model_dump() for recipe in recipes], ensure_ascii=False, indent=2))
        return 0
    for recipe in recipes:
        print(f"{recipe.name:18} {recipe.task:12} {recipe.about}")
        print(f"{'':18} {recipe.measured}")
    return 0
