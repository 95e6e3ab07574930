"""Writes texts of bundles, models and files to a terminal without letting them control the terminal."""

import json
import re
import sys
from typing import Any, TextIO

# C0 and C1, except tabs and line ends. A lone carriage return would let the rest of a line overwrite its beginning.
# Lone surrogates cannot be encoded.
CONTROL_CODE = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\ud800-\udfff]|\r(?!\n)")
NOT_IN_JSON = re.compile("[\x7f-\x9f\ud800-\udfff]")  # json.dumps escapes the others


def printable(text: str) -> str:
    r"""Replace control codes by visible escapes, such as `\x1b` for ESC."""
    return CONTROL_CODE.sub(lambda code: f"\\x{ord(code[0]):02x}", text)


def write(text: object = "", file: TextIO | None = None, end: str = "\n", flush: bool = False) -> None:
    """Print a text with visible control codes (`printable`). Arguments are those of `print`."""
    print(printable(str(text)), file=file or sys.stdout, end=end, flush=flush)


def json_line(values: Any, indent: int | None = None) -> str:
    """Encode values as JSON without control codes. Parsing the JSON restores the values."""
    text = json.dumps(values, ensure_ascii=False, indent=indent)
    return NOT_IN_JSON.sub(lambda code: f"\\u{ord(code[0]):04x}", text)
