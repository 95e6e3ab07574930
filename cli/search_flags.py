"""Command-line flags for the options of a search."""

import argparse
from collections.abc import Collection, Mapping
from typing import Any

from seq2edge.device.option import Option
from seq2edge.device.terminal import write

METAVARS = {int: "N", float: "X", str: "TEXT", tuple: "TEXT"}
BUNDLE_DEFAULTS = ("beam", "length_penalty", "max_length")


def add_search_flags(parser: argparse.ArgumentParser, options: Mapping[str, Option], common: Collection[str]) -> None:
    """Add a flag for each option.

    Args:
        parser: The parser to extend.
        options: The options by name.
        common: Options that `--help` lists; `--help-decoding` lists all.
    """
    search = parser.add_argument_group("search")
    search.add_argument(
        "--help-decoding", action=_DecodingHelp, nargs=0, const=options, help="list the other options of the search"
    )
    for option in options.values():
        help = {} if option.name in common else {"help": argparse.SUPPRESS}
        search.add_argument(option.flag, dest=option.name, default=None, **_flag(option) | help)


def search_values(options: Mapping[str, Option], arguments: argparse.Namespace) -> dict[str, Any]:
    """Return the values of the options that are given."""
    return {name: value for name in options if (value := getattr(arguments, name)) is not None}


def decoding_help(program: str, options: Mapping[str, Option]) -> str:
    """Return the help of all options of the search, which are too many for the help of a command."""
    parser = argparse.ArgumentParser(prog=program, usage="%(prog)s [OPTION …]", add_help=False)
    groups = {option.group: parser.add_argument_group(option.group) for option in options.values()}
    for option in options.values():
        groups[option.group].add_argument(option.flag, **_flag(option))
    return parser.format_help()


class _DecodingHelp(argparse.Action):
    def __call__(self, parser: argparse.ArgumentParser, *_: Any) -> None:
        write(decoding_help(parser.prog, self.const), end="")
        parser.exit()


def _flag(option: Option) -> dict[str, Any]:
    """Arguments of `add_argument` for an option. The default is always None."""
    if option.type is bool:
        text = f"do not {option.help}" if option.default else option.help
        return {"action": "store_false" if option.default else "store_true", "help": text}
    if option.type is tuple:
        return {"action": "append", "metavar": METAVARS[tuple], "help": f"{option.help}; may be repeated"}
    default = "the bundle's" if option.name in BUNDLE_DEFAULTS else option.default
    text = option.help if default in (None, "") else f"{option.help} (default: {default})"
    return {"type": option.type, "metavar": METAVARS[option.type], "help": text}
