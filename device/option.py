"""Self-describing options: each field of an options class has a description for users.

A field made by `option` becomes a flag of `seq2edge run`, a JSON field of `seq2edge serve` and a row in the
documentation.
"""

import dataclasses
import math
import numbers
import types
import typing
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from seq2edge.device.json_types import TYPE_NAMES


@dataclass(frozen=True)
class Range:
    """The range of a number.

    Attributes:
        least: Smallest value.
        most: Largest value, inclusive.
        exclusive: Whether `least` itself is excluded.
    """

    least: float
    most: float = math.inf
    exclusive: bool = False

    def __contains__(self, value: float) -> bool:
        return (value > self.least if self.exclusive else value >= self.least) and value <= self.most

    def __str__(self) -> str:
        least, most = f"{self.least:,.10g}", f"{self.most:,.10g}"
        if self.exclusive:
            return f"greater than {least}" + ("" if self.most == math.inf else f" and at most {most}")
        return f"at least {least}" if self.most == math.inf else f"between {least} and {most}"


def option(default: Any, group: str, help: str, allowed: Range | None = None) -> Any:
    """Define a field of an options class. The arguments are the attributes of `Option`."""
    return field(default=default, metadata={"group": group, "help": help, "allowed": allowed})


@dataclass(frozen=True)
class Option:
    """A field of an options class, described for users.

    Attributes:
        name: Name of the field.
        type: int, float, bool, str, or tuple for several texts.
        default: Default of the class; a bundle may have another.
        group: Heading under which the flag is listed.
        help: Description for users.
        allowed: Range of a number; None for other types.
    """

    name: str
    type: type
    default: Any
    group: str
    help: str
    allowed: Range | None

    @property
    def flag(self) -> str:
        """The command-line flag. If the option is on by default, the flag turns it off."""
        return f"--{'no-' if self.default is True else ''}{self.name.replace('_', '-')}"

    def accepts(self, value: Any) -> bool:
        """Whether a value has the right type."""
        if type(value) is self.type and self.type is not tuple:
            return True
        if self.type is tuple:
            return isinstance(value, tuple) and all(isinstance(item, str) for item in value)
        if self.type in (int, float):
            number = numbers.Integral if self.type is int else numbers.Real
            is_number = isinstance(value, number) and not isinstance(value, bool)
            return is_number or (value is None and self.default is None)
        return isinstance(value, self.type)


def options_of(kind: type) -> dict[str, Option]:
    """The fields of an options class by name."""
    hints, described = typing.get_type_hints(kind), {}
    for entry in dataclasses.fields(kind):
        hint = hints[entry.name]
        if isinstance(hint, types.UnionType):  # a number or None
            hint = typing.get_args(hint)[0]
        described[entry.name] = Option(entry.name, typing.get_origin(hint) or hint, entry.default, **entry.metadata)
    return described


def wrong_types(options: Any, described: Mapping[str, Option]) -> Iterator[str]:
    """Yield a message for each value that has the wrong type."""
    for option in described.values():
        if not option.accepts(value := getattr(options, option.name)):
            expected = "a list of strings" if option.type is tuple else TYPE_NAMES[option.type]
            yield f"{option.name} must be {expected}, got {value!r}"


def out_of_range(options: Any, described: Mapping[str, Option]) -> Iterator[str]:
    """Yield a message for each number that is out of range. All types must be right."""
    for option in described.values():
        value = getattr(options, option.name)
        if option.allowed is not None and value is not None and value not in option.allowed:
            yield f"{option.name} must be {option.allowed}, got {value}"
