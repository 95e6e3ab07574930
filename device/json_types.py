"""Checks JSON values against type hints. Bounds of values are given with `Annotated`."""

import dataclasses
import json
import re
import sys
import types
import typing
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from seq2edge.device.errors import UserError
from seq2edge.device.manifests import caps

TYPE_NAMES: dict[Any, str] = {  # how messages name types
    int: "an integer",
    float: "a number",
    str: "a string",
    bool: "true or false",
    list: "a list",
}


@dataclass(frozen=True)
class Between:
    """Bounds of a number, both inclusive."""

    least: float
    most: float

    def __contains__(self, value: Any) -> bool:
        return self.least <= value <= self.most

    def __str__(self) -> str:
        return f" between {self.least:,} and {self.most:,}"


@dataclass(frozen=True)
class Items:
    """Bounds of the number of items in a list or an object, both inclusive."""

    least: int = 0
    most: int | None = None

    def __contains__(self, value: Any) -> bool:
        return len(value) >= self.least and (self.most is None or len(value) <= self.most)

    def __str__(self) -> str:
        if self.most is None:
            return " that is not empty" if self.least else ""
        return f" with {f'{self.least} to' if self.least else 'at most'} {self.most:,} items"


@dataclass(frozen=True)
class Pattern:
    """Texts that a regular expression matches as a whole. Messages describe them by `name`."""

    regex: str
    name: str

    def __contains__(self, value: Any) -> bool:
        return re.fullmatch(self.regex, value) is not None

    def __str__(self) -> str:
        return f" like {self.name}"


Bound = Between | Items | Pattern


@dataclass(frozen=True)
class JsonType:
    """A parsed type hint.

    Attributes:
        kind: Any, list, dict, UnionType, Literal, int, float, str, bool, NoneType, or a TypedDict or dataclass.
        inner: Types of the items of a list or dict, alternatives of a union, or values of a literal.
        bound: Bound of the value; None: not bounded.
    """

    kind: Any
    inner: tuple[Any, ...]
    bound: Bound | None

    @classmethod
    @cache  # large files have thousands of values of few types
    def of(cls, hint: Any) -> "JsonType":
        """Parse a type hint."""
        bound = None
        if typing.get_origin(hint) is typing.Annotated:
            hint, bound = typing.get_args(hint)
        return cls(typing.get_origin(hint) or hint, typing.get_args(hint), bound)

    @property
    def is_object(self) -> bool:
        """Whether values are objects with named fields (a TypedDict or dataclass)."""
        return typing.is_typeddict(self.kind) or dataclasses.is_dataclass(self.kind)

    @property
    def description(self) -> str:
        """Description of the type, for messages."""
        if self.kind is typing.Literal:
            return " or ".join(map(json.dumps, self.inner))
        if self.kind is types.UnionType:
            return " or ".join(JsonType.of(hint).description for hint in self.inner)
        return TYPE_NAMES.get(self.kind, "null" if self.kind is types.NoneType else "an object") + str(self.bound or "")

    def accepts(self, value: Any) -> bool:
        """Whether a value has this type and is within its bound. Items and fields of the value are not checked."""
        if self.kind is Any:
            return True
        if self.kind is typing.Literal:
            return any(type(value) is type(one) and value == one for one in self.inner)
        if self.kind is types.UnionType:
            return any(JsonType.of(hint).accepts(value) for hint in self.inner)
        if self.kind is float:
            has_type = type(value) in (int, float) and abs(value) <= sys.float_info.max
        else:
            has_type = type(value) is (dict if self.is_object else self.kind)
        return has_type and (self.bound is None or value in self.bound)


@cache
def fields(kind: Any) -> dict[str, Any]:
    """The types of the fields of a TypedDict or dataclass, by name."""
    hints = typing.get_type_hints(kind, include_extras=True)
    return {name: _unwrapped(hint) for name, hint in hints.items() if typing.get_origin(hint) is not typing.ClassVar}


def required_fields(kind: Any) -> set[str]:
    """Names of the fields that an object must have.

    Optional are fields with `NotRequired` in a TypedDict, and with `optional` in the metadata of a dataclass field.
    """
    if typing.is_typeddict(kind):
        return set(kind.__required_keys__)
    return {field.name for field in dataclasses.fields(kind) if not field.metadata.get("optional")}


def read_json(path: Path, hint: Any, problem: str) -> Any:
    """Read a JSON file and check its content against a type.

    Args:
        path: The JSON file.
        hint: Type hint of its content.
        problem: Start of the message about a file that is not valid, such as "not a guard".

    Returns:
        The content.

    Raises:
        UserError: If the file cannot be read or does not have this type; the message names the first mistake.
    """
    try:
        with path.open("rb") as file:
            content = file.read(caps.JSON_BYTES + 1)
        if len(content) > caps.JSON_BYTES:
            raise ValueError(f"larger than {caps.JSON_BYTES:,} bytes")
        values = json.loads(content.decode())
    except (OSError, ValueError, RecursionError) as error:
        raise UserError(f"{path}: {problem}: {error}") from None
    if found := next(mistakes(values, hint, path.stem), None):
        raise UserError(f"{path}: {problem}: {found}")
    return values


def mistakes(value: Any, hint: Any, key: str = "") -> Iterator[str]:
    """Yield a message for each value with a wrong type or out of bounds: its key, what is allowed, and the value.

    Args:
        value: The JSON value to check.
        hint: Type hint of the value.
        key: Key of the value within the file.
    """
    expected = JsonType.of(hint)
    if not expected.accepts(value):
        yield f"{key} must be {expected.description}, got {_shown(value)}"
    elif expected.kind is list:
        for index, item in enumerate(value):
            yield from mistakes(item, expected.inner[0], f"{key}[{index}]")
    elif expected.kind is dict:
        for name, item in value.items():
            yield from mistakes(item, expected.inner[1], _joined(key, name))
    elif expected.kind is types.UnionType:
        fitting = next(one for one in expected.inner if JsonType.of(one).accepts(value))
        yield from mistakes(value, fitting, key)
    elif expected.is_object:
        yield from _mistakes_of_object(value, expected.kind, key)


def _mistakes_of_object(value: dict[str, Any], kind: Any, key: str) -> Iterator[str]:
    hints = fields(kind)
    for name in sorted(required_fields(kind) - value.keys()):
        yield f"{_joined(key, name)} is missing; it must be {JsonType.of(hints[name]).description}"
    for name, item in value.items():
        if name in hints:
            yield from mistakes(item, hints[name], _joined(key, name))
        elif key:  # a later version may add fields to the file itself
            yield f"{_joined(key, name)} is unknown; the fields are {', '.join(hints)}"


def _unwrapped(hint: Any) -> Any:
    is_optional = typing.get_origin(hint) in (typing.NotRequired, typing.Required)
    return typing.get_args(hint)[0] if is_optional else hint


def _joined(key: str, name: str) -> str:
    if not name.isidentifier():
        return f"{key}[{json.dumps(name[:60])}]"
    return f"{key}.{name}" if key else name


def _shown(value: Any) -> str:
    """A value as JSON, cut to 60 characters."""
    text = json.dumps(value)
    return text if len(text) <= 60 else f"{text[:60]}…"
