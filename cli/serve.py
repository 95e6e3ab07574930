"""seq2edge serve: answer texts over HTTP."""

import argparse

from seq2edge.cli.bundle_argument import add_bundle
from seq2edge.cli.option_flags import add_flags, flag_fields, flag_values
from seq2edge.device.limits import Limits
from seq2edge.device.terminal import write

HELP = "serve a bundle over HTTP"
EXAMPLES = """\
  seq2edge serve                       # the chatbot that is installed
  seq2edge serve bundles/quickstart-int8
  curl -d '{"text": "good morning"}' http://127.0.0.1:8000/run
  curl -d '{"texts": ["one", "two"], "beam": 5}' http://127.0.0.1:8000/run
  curl http://127.0.0.1:8000/metrics"""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    add_bundle(parser)
    parser.add_argument(
        "--host", default="127.0.0.1", help="address to listen on (default: 127.0.0.1, this machine only)"
    )
    parser.add_argument("--port", type=int, default=8000, help="port to listen on; 0: any free port (default: 8000)")
    parser.add_argument("--threads", type=int, default=1, help="threads of the runtime for one sentence (default: 1)")
    parser.add_argument("--interpreters", type=int, default=2, help="sentences decoded at the same time (default: 2)")
    add_flags(parser, Limits)


def run(arguments: argparse.Namespace) -> int:
    import signal
    import sys

    from seq2edge.device.errors import UserError
    from seq2edge.device.limits import check_threads
    from seq2edge.device.runners.load import load_runner
    from seq2edge.device.server import Server

    limits = Limits(**flag_values(Limits, arguments))
    given = {field.metadata["flag"]: getattr(limits, field.name) for field in flag_fields(Limits)}
    check_threads("--threads", arguments.threads)
    check_threads("--interpreters", arguments.interpreters)
    for flag, value in given.items():
        if value <= 0:
            raise UserError(f"{flag} is {value}, allowed is more than 0")
    if not 0 <= arguments.port < 1 << 16:
        raise UserError(f"--port is {arguments.port}, allowed are 0 to 65535")
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))  # as service managers stop it
    runner = load_runner(arguments.bundle, arguments.threads, arguments.interpreters, arguments.sha256)
    with Server((arguments.host, arguments.port), runner, limits) as server:
        place = f"http://{arguments.host}:{server.server_port}"
        write(f"{runner.manifest.name} is served at {place}/run; Ctrl-C stops it", file=sys.stderr, flush=True)
        server.serve_forever()
    return 0
