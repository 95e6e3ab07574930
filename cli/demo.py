"""seq2edge demo: serve a web page for bundles."""

import argparse
from pathlib import Path

from seq2edge.cli.bundle_argument import DEFAULT
from seq2edge.device.shipped_bundle import SHIPPED
from seq2edge.device.terminal import write

HELP = "serve a web page for one or more bundles"
EXAMPLES = """\
  seq2edge demo                        # the installed chatbot
  seq2edge demo bundles/quickstart-int8 bundles/mine-int8 --port 8080
  seq2edge demo --auth users.txt --host 0.0.0.0    # one USER:PASSWORD per line
  seq2edge demo --feedback ratings.jsonl           # visitors may rate replies"""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "bundles", metavar="BUNDLE", nargs="*", type=Path, default=[SHIPPED], help=f"folders of bundles ({DEFAULT})"
    )
    parser.add_argument(
        "--host", default="127.0.0.1", help="address to listen on (default: 127.0.0.1, this machine only)"
    )
    parser.add_argument("--port", type=int, default=7860, help="port to listen on (default: 7860)")
    parser.add_argument(
        "--auth",
        metavar="FILE",
        type=Path,
        help="file of visitors, one USER:PASSWORD per line (default: the variable SEQ2EDGE_AUTH, else everybody)",
    )
    parser.add_argument("--share", action="store_true", help="create a public internet address; needs --auth")
    parser.add_argument("--mcp", action="store_true", help="offer the endpoints as tools for assistants (MCP)")
    parser.add_argument(
        "--feedback",
        metavar="FILE",
        type=Path,
        help="let visitors rate replies, and append them to this JSON Lines file",
    )


def run(arguments: argparse.Namespace) -> int:
    import sys

    from seq2edge.demo.app import DemoOptions, serve
    from seq2edge.demo.users import read_users

    users = read_users(arguments.auth)
    options = DemoOptions(arguments.host, arguments.port, users, arguments.share, arguments.mcp, arguments.feedback)
    options.check()
    if options.share:
        write(
            "warning: with --share everything that visitors type passes through Gradio's servers, and anybody can find "
            "the address; only the passwords protect it",
            file=sys.stderr,
        )
    serve(arguments.bundles, options)
    return 0
