"""Loads recipes from TOML files, bundled ones and the user's, and reports all mistakes at once."""

import difflib
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from seq2edge.device.errors import UserError
from seq2edge.pipeline.recipe_schema.recipe import Recipe, Section

RECIPES = Path(__file__).parents[1] / "recipes"


def recipe_names() -> list[str]:
    """The names of the bundled recipes."""
    return sorted(path.stem for path in RECIPES.glob("*.toml"))


def find_recipe(name_or_path: str) -> Path:
    """The file of a bundled recipe by its name, or of a user's recipe by its path.

    Raises:
        UserError: If there is neither.
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
    """Load and validate a recipe.

    Args:
        settings: Overrides "section.key=value". A value that is not valid TOML is taken as a string.

    Raises:
        UserError: With all mistakes, one on each line.
    """
    try:
        values = tomllib.loads(path.read_text(encoding="utf-8"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise UserError(f"{path}: not valid TOML: {error}") from None
    for setting in settings or []:
        _override(values, setting)
    try:
        return Recipe.model_validate(values)
    except ValidationError as error:
        raise UserError("\n".join(f"{path}: {line}" for line in _mistakes(error))) from None


def _override(values: dict[str, Any], setting: str) -> None:
    key, equals, text = setting.partition("=")
    if not equals:
        raise UserError(f"--set {setting!r}: expected section.key=value")
    try:
        value = tomllib.loads(f"value = {text}")["value"]
    except tomllib.TOMLDecodeError:
        value = text
    *sections, last = key.strip().split(".")
    for section in sections:
        values = values.setdefault(section, {})
        if not isinstance(values, dict):
            raise UserError(f"--set {setting!r}: {section} is not a section")
    values[last] = value


def _mistakes(error: ValidationError) -> Iterator[str]:
    for mistake in error.errors():
        key = ".".join(str(part) for part in mistake["loc"])
        if mistake["type"] == "extra_forbidden":
            allowed = _allowed_keys(mistake["loc"])
            near = difflib.get_close_matches(str(mistake["loc"][-1]), allowed, n=1)
            hint = f"did you mean {near[0]!r}?" if near else f"allowed: {', '.join(allowed)}"
            yield f"unknown key {key!r}; {hint}"
        elif mistake["type"] == "missing":
            yield f"{key}: missing; this key has no default"
        elif mistake["type"] == "misfit":
            yield from (".".join(filter(None, (key, line))) for line in mistake["msg"].split("\n"))
        else:
            yield f"{key}: {mistake['msg'].removeprefix('Value error, ')}; given {_short(mistake['input'])}"


def _allowed_keys(location: tuple[int | str, ...]) -> list[str]:
    """The keys of the section that an unknown key is in."""
    section: Any = Recipe
    for part in location[:-1]:
        if isinstance(part, int):
            continue
        annotation = section.model_fields[part].annotation
        candidates = [annotation, *getattr(annotation, "__args__", ())]
        section = next(c for c in candidates if isinstance(c, type) and issubclass(c, Section))
    return list(section.model_fields)


def _short(value: object) -> str:
    text = repr(value)
    return text if len(text) <= 80 else text[:77] + "..."
