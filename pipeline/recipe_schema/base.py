"""Reads the TOML of a recipe and of the recipes that it builds on: `base = "multi30k-en-de"`."""

import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from seq2edge.device.errors import UserError
from seq2edge.models.checks import as_toml
from seq2edge.pipeline.recipe_schema.sides import spelled_out

RECIPES = Path(__file__).parents[1] / "recipes"
NOT_INHERITED = {"name", "about", "measured"}  # they describe the base itself
SIDES = ("encoder", "decoder")


def recipe_names() -> list[str]:
    """Return the names of the bundled recipes."""
    return sorted(path.stem for path in RECIPES.glob("*.toml"))


def read_recipe(path: Path) -> dict[str, Any]:
    """Return the values of a recipe, merged with those of its base.

    Raises:
        UserError: If a file is not valid TOML, a base is missing, or recipes build on each other in a circle. The
            message starts with the chain of recipes.
    """
    return _read(path, {path.resolve(): str(path)})


def _read(path: Path, chain: Mapping[Path, str]) -> dict[str, Any]:
    """Read a recipe and its base.

    Args:
        path: File of the recipe.
        chain: The recipes read so far, up to this one, with their names as the user wrote them.
    """
    names = " → ".join(chain.values())
    try:
        values = tomllib.loads(path.read_text(encoding="utf-8"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise UserError(f"{names}: not valid TOML: {error}") from None
    if "base" not in values:
        return values
    name = values.pop("base")
    if not isinstance(name, str):
        raise UserError(f"{names}: base must be the name of a bundled recipe or a path in quotes, got {as_toml(name)}")
    base = RECIPES / f"{name}.toml" if name in recipe_names() else path.parent / name
    if not base.is_file():
        raise UserError(
            f"{names} → {name}: neither a bundled recipe nor a file at {base}; bundled recipes: "
            f"{', '.join(recipe_names())}"
        )
    if base.resolve() in chain:
        raise UserError(f"{names} → {name}: these recipes build on each other in a circle")
    inherited = _read(base, {**chain, base.resolve(): name})
    if base.parent.resolve() != path.parent.resolve():
        _keep_location(inherited, base.parent)
    return merge(inherited, values)


def _keep_location(values: dict[str, Any], folder: Path) -> None:
    """Make the paths of data files in a recipe's folder absolute, for a recipe in another folder."""
    data = values.get("data")
    files = data.get("files") if isinstance(data, dict) else None
    for file in files if isinstance(files, list) else []:
        for key in ("path", "target_path"):
            name = file.get(key) if isinstance(file, dict) else None
            if isinstance(name, str) and (folder / name).is_file():
                file[key] = str((folder / name).resolve())


def merge(base: dict[str, Any], values: dict[str, Any]) -> dict[str, Any]:
    """Return the values of a recipe and, for keys that it does not have, those of its base.

    Tables are merged key by key. All other values are replaced. If the recipe gives an encoder or decoder of another
    kind, or only its kind, all settings of the base's encoder or decoder are replaced.
    """
    base = {key: value for key, value in base.items() if key not in NOT_INHERITED}
    if isinstance(base.get("model"), dict) and isinstance(values.get("model"), dict):
        base["model"] = _usable_model(base["model"], values["model"])
    return _merge_tables(base, values)


def _usable_model(base: dict[str, Any], values: dict[str, Any]) -> dict[str, Any]:
    """Return the base's section `model`, without an encoder or decoder that the recipe replaces."""
    base = {key: spelled_out(value) if key in SIDES else value for key, value in base.items()}
    for side in SIDES:
        old, new = base.get(side), values.get(side)
        if isinstance(old, dict) and isinstance(new, dict) and new.get("kind", old["kind"]) != old["kind"]:
            del base[side]
    return base


def _merge_tables(base: dict[str, Any], values: dict[str, Any]) -> dict[str, Any]:
    merged = {**base, **values}
    for key in base.keys() & values.keys():
        if isinstance(base[key], dict) and isinstance(values[key], dict):
            merged[key] = _merge_tables(base[key], values[key])
    return merged
