"""Checks settings against the bounds and allowed values in their annotations."""

import dataclasses
import operator
from collections.abc import Iterator
from typing import Annotated, Any, Literal, get_args, get_origin, get_type_hints

from annotated_types import Interval

_BOUNDS = {
    "ge": ("at least", operator.ge),
    "gt": ("greater than", operator.gt),
    "le": ("at most", operator.le),
    "lt": ("less than", operator.lt),
}


def value_mistakes(config: Any, prefix: str = "") -> Iterator[str]:
    """Yield one line for each setting of a dataclass that is out of bounds or not an allowed value.

    Args:
        config: A dataclass whose annotations hold the bounds. Nested dataclasses are checked too.
        prefix: Written before each setting's name, e.g. "encoder.".
    """
    hints = get_type_hints(type(config), include_extras=True)
    for key in (field.name for field in dataclasses.fields(config)):
        value, hint = getattr(config, key), hints[key]
        if dataclasses.is_dataclass(value):
            yield from value_mistakes(value, f"{prefix}{key}.")
        elif not (value is None and type(None) in get_args(hint)):
            yield from (f"{prefix}{key} must be {allowed}, got {as_toml(value)}" for allowed in _expected(value, hint))


def as_toml(value: object) -> str:
    """Format a setting as it is written in a recipe."""
    return str(value).lower() if isinstance(value, bool) else repr(value)


def _expected(value: Any, hint: Any) -> Iterator[str]:
    """Yield what an annotation allows, if a value does not fit it. `Interval` and `Literal` may be nested in it."""
    if isinstance(hint, Interval):
        bounds = [(*_BOUNDS[key], getattr(hint, key)) for key in _BOUNDS if getattr(hint, key) is not None]
        if not all(holds(value, bound) for _, holds, bound in bounds):
            yield " and ".join(f"{words} {bound}" for words, _, bound in bounds)
    elif get_origin(hint) is Literal:
        if value not in get_args(hint):
            yield f"one of {', '.join(map(repr, get_args(hint)))}"
    else:
        for part in hint.__metadata__ if get_origin(hint) is Annotated else get_args(hint):
            yield from _expected(value, part)
