"""seq2edge verify: check a bundle."""

import argparse

from seq2edge.cli.bundle_argument import add_bundle
from seq2edge.cli.option_flags import add_flags, flag_values
from seq2edge.device.limits import IsolationLimits
from seq2edge.device.terminal import json_line, write

HELP = "check the files of a bundle and repeat its test vectors"
EXAMPLES = """\
  seq2edge verify                      # the installed bundle
  seq2edge verify bundles/quickstart-int8 --json
  seq2edge verify --isolated downloads/chat    # an untrusted bundle"""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    add_bundle(parser)
    parser.add_argument(
        "--isolated", action="store_true", help="check in a separate process with limits, for untrusted bundles"
    )
    add_flags(parser, IsolationLimits)
    parser.add_argument("--json", action="store_true", help="print JSON")


def run(arguments: argparse.Namespace) -> int:
    if arguments.isolated:
        from seq2edge.device.isolation import check_isolated

        limits = IsolationLimits(**flag_values(IsolationLimits, arguments))
        result = check_isolated(arguments.bundle, arguments.sha256, limits)
    else:
        from seq2edge.device.vectors.check import check_vectors

        result = check_vectors(arguments.bundle, arguments.sha256)
    if arguments.json:
        print(json_line(result, indent=2))
    else:
        write(f"files: {result['files']} unaltered; runtime: {result['runtime']}")
        write(
            f"test vectors: {result['same']} of {result['vectors']} give the same answer, "
            f"largest logit difference {result['largest_logit_difference']:.2g}"
        )
        write("verified" if result["passed"] else "FAILED: the answers differ from those at export")
    return 0 if result["passed"] else 1
