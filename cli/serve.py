"""seq2edge serve: serve a bundle over HTTP."""

import argparse
from pathlib import Path

from seq2edge.cli.bundle_argument import add_bundle
from seq2edge.cli.option_flags import add_flags, flag_values
from seq2edge.device.serving.limits import Limits
from seq2edge.device.terminal import write

HELP = "serve a bundle over HTTP"
EXAMPLES = """\
  seq2edge serve                       # the installed chatbot
  seq2edge serve bundles/quickstart-int8
  seq2edge serve --host 0.0.0.0 --api-key-file keys.txt --cors https://a.org
  curl -d '{"text": "good morning"}' http://127.0.0.1:8000/run
  curl -d '{"texts": ["one", "two"], "beam": 5}' http://127.0.0.1:8000/run
  curl http://127.0.0.1:8000/metrics; curl http://127.0.0.1:8000/openapi.json"""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    add_bundle(parser)
    parser.add_argument("--host", default="127.0.0.1", help="address to listen on (default: 127.0.0.1)")
    parser.add_argument("--port", type=int, default=8000, help="port to listen on; 0: any free port (default: 8000)")
    parser.add_argument(
        "--api-key-file", type=Path, metavar="FILE", help="answer only requests with an API key of FILE"
    )
    parser.add_argument(
        "--cors",
        action="append",
        default=[],
        metavar="ORIGIN",
        help="allow requests from web pages of ORIGIN; may be repeated",
    )
    parser.add_argument("--threads", type=int, default=1, metavar="N", help="threads for one sentence (default: 1)")
    parser.add_argument(
        "--interpreters", type=int, default=2, metavar="N", help="sentences decoded at once (default: 2)"
    )
    add_flags(parser, Limits)


def run(arguments: argparse.Namespace) -> int:
    import sys

    from seq2edge.device.limits import check_threads
    from seq2edge.device.serving.access import Access
    from seq2edge.device.serving.server import Server  # first, because it names the extra `serve` if that is missing

    from seq2edge.device.runners.load import load_runner  # isort: skip

    check_threads("--threads", arguments.threads)
    check_threads("--interpreters", arguments.interpreters)
    workers = max(Limits.workers, 2 * arguments.interpreters)
    limits = Limits(**flag_values(Limits, arguments), workers=workers)
    limits.check()
    access = Access.of(arguments.api_key_file, arguments.cors)
    runner = load_runner(arguments.bundle, arguments.threads, arguments.interpreters, arguments.sha256)
    server = Server((arguments.host, arguments.port), runner, limits, access)
    write(f"{runner.manifest.name} is served at {server.url}/run; Ctrl-C stops it", file=sys.stderr, flush=True)
    server.run()
    return 0
