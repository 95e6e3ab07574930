"""Writes texts of bundles, models and files to a terminal, which must not take them for commands."""

import json
import re
import sys
from typing import Any, TextIO

# C0 and C1, but for the tab and line ends; a lone carriage return would let the rest of a line hide its beginning.
CONTROL_CODE = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f]|\r(?!\n)")
NOT_IN_JSON = re.compile("[\x7f-\x9f]")  # JSON itself has escapes for the others


def printable(text: str) -> str:
    r"""A text with `\x1b` in place of the control code ESC, and so on for all others."""
    return CONTROL_CODE.sub(lambda code: f"\\x{ord(code[0]):02x}", text)


def write(text: object = "", file: TextIO | None = None, end: str = "\n", flush: bool = False) -> None:
    """Print a text as `printable`.

    Args:
        file: None: standard output.
    """
    print(printable(str(text)), file=file or sys.stdout, end=end, flush=flush)


def json_line(values: Any, indent: int | None = None) -> str:
    """Values as JSON without control codes; whoever parses it gets the values as they are."""
    text = json.dumps(values, ensure_ascii=False, indent=indent)
    return NOT_IN_JSON.sub(lambda code: f"\\u{ord(code[0]):04x}", text)
