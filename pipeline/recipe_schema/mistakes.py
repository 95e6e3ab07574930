"""Formats mistakes in a recipe as lines: the key, the allowed values, and the given value."""

import dataclasses
import difflib
from collections.abc import Iterator
from typing import Any, get_args, get_type_hints

from pydantic import BaseModel, ValidationError

from seq2edge.models.checks import as_toml
from seq2edge.pipeline.recipe_schema.recipe import Recipe
from seq2edge.pipeline.recipe_schema.sides import spelled_out

UNKNOWN_KEY = ("extra_forbidden", "unexpected_keyword_argument")  # pydantic's error types for a model and a dataclass
Location = tuple[int | str, ...]


def take_refused(values: dict[str, Any], recipe: type[Recipe]) -> Iterator[str]:
    """Remove settings that the chosen kind of encoder or decoder does not have, and yield the reason for each.

    These settings are not misspelt, but belong to other kinds. So the rest can be checked without them.
    """
    model, (settings,) = values.get("model"), _sections(_fields(recipe)["model"])
    for side in ("encoder", "decoder"):
        table = model.get(side) if isinstance(model, dict) else None
        if isinstance(table, dict) and side in _fields(settings):
            config = _of_kind(_fields(settings)[side], spelled_out(table)["kind"])
            for key in [key for key in table if config and key in config.REFUSED]:
                yield f"model.{side}.{key} = {as_toml(table.pop(key))}: {config.REFUSED[key]}; leave it out"


def describe(error: ValidationError, recipe: type[Recipe]) -> Iterator[str]:
    """Yield one line for each mistake that pydantic found in a recipe of this class."""
    for mistake in error.errors():
        location, section = _resolve(mistake["loc"], recipe)
        key = ".".join(map(str, location))
        if mistake["type"] in UNKNOWN_KEY:
            yield f"unknown key {key!r}; {_hint(str(location[-1]), section)}"
        elif mistake["type"] == "missing":
            yield f"{key}: missing; this key has no default"
        elif mistake["type"] == "misfit":
            yield from (".".join(filter(None, (key, line))) for line in mistake["msg"].split("\n"))
        elif mistake["type"] == "union_tag_invalid":
            allowed, kind = mistake["ctx"]["expected_tags"], mistake["ctx"]["tag"]
            yield f"{key}.kind must be one of {allowed}, got {kind!r}"
        else:
            message = mistake["msg"].removeprefix("Value error, ")
            yield f"{key}{_must(message)} got {_short(mistake['input'])}"


def _must(message: str) -> str:
    """Rewrite a message of pydantic such as "Input should be greater than 0" so that it can follow a key."""
    subject, should, allowed = message.partition(" should ")
    if not should or " " in subject:
        return f": {message};"
    return f" must {allowed.partition(' after validation')[0]},"


def _hint(unknown: str, section: Any) -> str:
    """Suggest the keys that may have been meant, or else list all keys of the section."""
    fields = _fields(section)
    inner = {
        f"{key}.{name}": name for key, hint in fields.items() for part in _sections(hint) for name in _fields(part)
    }
    near = [repr(key) for key, name in inner.items() if name == unknown]
    near = near or [repr(key) for key in difflib.get_close_matches(unknown, [*fields, *inner], n=1)]
    return f"did you mean {' or '.join(near)}?" if near else f"the keys are {', '.join(fields)}"


def _resolve(location: Location, section: Any) -> tuple[Location, Any]:
    """Return a location without the tags that pydantic adds for unions, and the section that its last key belongs to.

    Args:
        section: Class of the recipe.
    """
    keys: list[int | str] = []
    parts = list(location)
    while parts:
        keys.append(parts.pop(0))
        hint = _fields(section).get(str(keys[-1]))
        inner = _sections(hint)
        if not parts or not inner:
            continue
        section = _of_kind(hint, parts.pop(0)) if len(inner) > 1 else inner[0]
    return tuple(keys), section


def _fields(section: Any) -> dict[str, Any]:
    """Return the keys of a section and their types."""
    hints = get_type_hints(section)
    names = section.model_fields if issubclass(section, BaseModel) else (f.name for f in dataclasses.fields(section))
    return {name: hints[name] for name in names}


def _sections(hint: Any) -> list[Any]:
    """Return the classes of sections that a value of this type may have: pydantic models and dataclasses."""
    if isinstance(hint, type) and (issubclass(hint, BaseModel) or dataclasses.is_dataclass(hint)):
        return [hint]
    return [section for part in get_args(hint) for section in _sections(part)]


def _of_kind(union: Any, kind: Any) -> Any:
    """Return the member of a union whose `kind` allows this value, or None."""
    return next((part for part in get_args(union) if kind in get_args(get_type_hints(part)["kind"])), None)


def _short(value: object) -> str:
    text = repr(value)
    return text if len(text) <= 80 else text[:77] + "..."
