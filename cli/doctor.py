"""seq2edge doctor: report what is installed, what works and what is missing."""

import argparse
from collections.abc import Iterator
from typing import TYPE_CHECKING

from seq2edge.device.terminal import json_line, write

if TYPE_CHECKING:
    from seq2edge.device.installation import Installation

HELP = "report what is installed, what works and what is missing"
EXAMPLES = """\
  seq2edge doctor
  seq2edge doctor --full               # also the devices of TensorFlow and JAX
  seq2edge doctor --json"""
SHOWN = 4  # missing packages listed for each extra


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--full", action="store_true", help="import TensorFlow and JAX to list their devices, which takes seconds"
    )
    parser.add_argument("--json", action="store_true", help="print JSON")


def run(arguments: argparse.Namespace) -> int:
    from seq2edge.device.installation import examine

    found = examine(arguments.full)
    if arguments.json:
        print(json_line(found.to_json(), indent=2))
    else:
        write("\n".join(_lines(found, arguments.full)))
    return 0 if found.works else 1


def _lines(found: "Installation", full: bool) -> Iterator[str]:
    yield f"seq2edge {found.version}, Python {found.python}, {found.system}"
    yield f"{'installed bundle':18} {found.bundle}"
    for name, state in found.runtimes.items():
        yield f"{name:18} {state or 'not installed'}"
    for name, state in found.backends.items():
        unsaid = "" if full or not state else " (--full lists its devices)"
        yield f"{name:18} {state or 'not installed'}{unsaid}"
    yield f"{'GPU':18} {found.gpu or 'no Nvidia driver found'}"
    yield "extras:"
    for name, extra in found.extras.items():
        more = f" and {len(extra.missing) - SHOWN} more" if len(extra.missing) > SHOWN else ""
        missing = f"missing {', '.join(extra.missing[:SHOWN])}{more}"
        yield f"  {name:16} {missing if extra.missing else 'complete'}"
    for commands, command in found.missing.items():
        yield f"for {commands}: {command}"
    yield "a bundle can be run" if found.works else "FAILED: no bundle can be run"
