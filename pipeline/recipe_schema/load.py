"""Loads recipes from TOML files, both bundled and the user's, and reports all mistakes at once."""

import tomllib
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from seq2edge.device.errors import UserError
from seq2edge.pipeline.recipe_schema.base import RECIPES, read_recipe, recipe_names
from seq2edge.pipeline.recipe_schema.families import recipe_type
from seq2edge.pipeline.recipe_schema.mistakes import describe, take_refused
from seq2edge.pipeline.recipe_schema.recipe import Recipe
from seq2edge.pipeline.recipe_schema.sides import spelled_out


def find_recipe(name_or_path: str) -> Path:
    """Return the file of a bundled recipe, given its name, or of a user's recipe, given its path.

    Raises:
        UserError: If there is no such file or bundled recipe.
    """
    bundled = RECIPES / f"{name_or_path}.toml"
    if bundled.is_file():
        return bundled
    path = Path(name_or_path)
    if path.is_file():
        return path
    raise UserError(
        f"recipe {name_or_path!r}: neither a file nor a bundled recipe; bundled recipes: {', '.join(recipe_names())}"
    )


def load_recipe(path: Path, settings: list[str] | None = None) -> Recipe:
    """Load and validate a recipe, together with the recipe that it builds on.

    Args:
        path: The TOML file.
        settings: Overrides "section.key=value", which apply last. A value that is not valid TOML is a string. For an
            encoder or decoder, a kind or a table replaces all of its settings.

    Example:
        >>> load_recipe(find_recipe("quickstart"), ["model.units=128"]).model.units
        128

    Raises:
        UserError: If the recipe has mistakes. The message has one line for each.
    """
    values = read_recipe(path)
    for setting in settings or []:
        _override(values, setting)
    kind = recipe_type(values.get("task"))
    mistakes = list(take_refused(values, kind))
    try:
        recipe = kind.model_validate(values)
    except ValidationError as error:
        mistakes += describe(error, kind)
    if mistakes:
        raise UserError("\n".join(f"{path}: {line}" for line in mistakes))
    return recipe


def _override(values: dict[str, Any], setting: str) -> None:
    key, equals, text = setting.partition("=")
    if not equals:
        raise UserError(f"--set must be section.key=value, got {setting!r}")
    if key.strip() == "base":
        raise UserError(f"--set {setting!r}: a base is named in the recipe itself")
    try:
        value = tomllib.loads(f"value = {text}")["value"]
    except tomllib.TOMLDecodeError:
        value = text
    *sections, last = key.strip().split(".")
    for depth, section in enumerate(sections):
        inner = values.get(section, {})
        if sections[: depth + 1] in (["model", "encoder"], ["model", "decoder"]):
            inner = spelled_out(inner)
        if not isinstance(inner, dict):
            raise UserError(f"--set {setting!r}: {section} is not a section")
        values[section] = values = inner
    values[last] = value
