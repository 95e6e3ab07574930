"""seq2edge demo: open a web page for bundles."""

import argparse
from pathlib import Path

from seq2edge.cli.bundle_argument import DEFAULT
from seq2edge.device.shipped_bundle import SHIPPED

HELP = "open a web page for one or more bundles"
EXAMPLES = """\
  seq2edge demo                                         the chatbot that is installed with seq2edge
  seq2edge demo bundles/quickstart-int8 bundles/multi30k-en-de-int8 --port 8080"""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "bundles", metavar="BUNDLE", nargs="*", type=Path, default=[SHIPPED], help=f"folders of bundles ({DEFAULT})"
    )
    parser.add_argument(
        "--host", default="127.0.0.1", help="address to listen on (default: 127.0.0.1, this machine only)"
    )
    parser.add_argument("--port", type=int, default=7860, help="port to listen on (default: 7860)")


def run(arguments: argparse.Namespace) -> int:
    from seq2edge.demo.app import serve

    serve(arguments.bundles, arguments.host, arguments.port)
    return 0
