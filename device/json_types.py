"""Checks that JSON values have expected types."""

import dataclasses
import types
import typing
from typing import Any


def fits(value: Any, hint: Any) -> bool:
    """Whether a JSON value has a type. Objects of a TypedDict or dataclass have exactly its fields."""
    kind, inner = typing.get_origin(hint), typing.get_args(hint)
    if hint is Any:
        return True
    if kind is types.UnionType:
        return any(fits(value, one) for one in inner)
    if kind is list:
        return isinstance(value, list) and all(fits(item, inner[0]) for item in value)
    if kind is dict:
        return isinstance(value, dict) and all(fits(item, inner[1]) for item in value.values())
    if typing.is_typeddict(hint) or dataclasses.is_dataclass(hint):
        hints = typing.get_type_hints(hint)
        return (
            isinstance(value, dict)
            and value.keys() == hints.keys()
            and all(fits(value[name], hints[name]) for name in hints)
        )
    return type(value) in ((int, float) if hint is float else (hint,))


def describe(hint: Any) -> str:
    """The name of a type for a message."""
    return hint.__name__ if isinstance(hint, type) and not typing.get_args(hint) else str(hint).replace("typing.", "")
