"""seq2edge compare: scores, size and speed of several runs."""

import argparse

from seq2edge.device.terminal import json_line, write

HELP = "compare runs by score, size, training time and speed, in a table and a plot"
EXAMPLES = """\
  seq2edge compare runs/quickstart runs/second-try
  seq2edge compare runs/* --split test --plot comparison.png"""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("runs", metavar="RUN", nargs="+", help="folders of trained runs")
    parser.add_argument("--split", choices=("valid", "test"), default="valid", help="data to score (default: valid)")
    parser.add_argument(
        "--plot", metavar="PNG", default="comparison.png", help="file of the plot (default: comparison.png)"
    )
    parser.add_argument("--json", action="store_true", help="print JSON")
    parser.add_argument("--quiet", action="store_true", help="show no progress")


def run(arguments: argparse.Namespace) -> int:
    import dataclasses
    import sys
    from pathlib import Path

    from seq2edge.cli.keras_setup import use_tensorflow

    use_tensorflow()
    from seq2edge.export.comparison import compare, plot, table
    from seq2edge.pipeline.run import Run

    rows = compare([Run.open(Path(path)) for path in arguments.runs], arguments.split, arguments.quiet)
    write(json_line([dataclasses.asdict(row) for row in rows]) if arguments.json else table(rows))
    plot(rows, Path(arguments.plot))
    write(f"plot: {arguments.plot}", file=sys.stderr)
    return 0
