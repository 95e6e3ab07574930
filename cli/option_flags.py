"""Flags of the fields of an options class: those whose metadata has a "flag" beside the arguments of `add_argument`."""

import argparse
import dataclasses
from typing import Any


def add_flags(parser: argparse.ArgumentParser, options: type) -> None:
    """Add the flags of an options class. Their defaults are those of the fields."""
    for field in _flag_fields(options):
        settings = dict(field.metadata)
        parser.add_argument(settings.pop("flag"), dest=field.name, default=field.default, **settings)


def flag_values(options: type, arguments: argparse.Namespace) -> dict[str, Any]:
    """The values of these flags, by field."""
    return {field.name: getattr(arguments, field.name) for field in _flag_fields(options)}


def _flag_fields(options: type) -> list[dataclasses.Field[Any]]:
    return [field for field in dataclasses.fields(options) if "flag" in field.metadata]
