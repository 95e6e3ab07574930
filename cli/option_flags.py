"""Creates command-line flags from the fields of an options class.

The metadata of each field contains its "flag" and the arguments for `add_argument`.
"""

import argparse
import dataclasses
from typing import Any


def add_flags(parser: argparse.ArgumentParser, options: type, keep_unset: bool = False) -> None:
    """Add the flags of an options class.

    Args:
        parser: The parser to extend.
        options: The options class, a dataclass.
        keep_unset: Whether flags that are not given are absent from the parsed arguments. If not, they have the
            default of their field.
    """
    for field in flag_fields(options):
        settings = dict(field.metadata)
        default = argparse.SUPPRESS if keep_unset else field.default
        parser.add_argument(settings.pop("flag"), dest=field.name, default=default, **settings)


def flag_values(options: type, arguments: argparse.Namespace) -> dict[str, Any]:
    """Read the values of these flags from parsed arguments, by name of the field. Lists become tuples."""
    given = vars(arguments)
    values = {field.name: given[field.name] for field in flag_fields(options) if field.name in given}
    return {name: tuple(value) if isinstance(value, list) else value for name, value in values.items()}


def flag_fields(options: type) -> list[dataclasses.Field[Any]]:
    """The fields of an options class that have a flag."""
    return [field for field in dataclasses.fields(options) if "flag" in field.metadata]
