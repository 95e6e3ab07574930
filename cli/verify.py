"""seq2edge verify: check a bundle on this machine."""

import argparse

from seq2edge.cli.bundle_argument import add_bundle

HELP = "check a bundle's files, and repeat its test vectors"
EXAMPLES = """\
  seq2edge verify                                       the bundle that is installed with seq2edge
  seq2edge verify bundles/quickstart-int8 --json"""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    add_bundle(parser)
    parser.add_argument("--json", action="store_true", help="print JSON")


def run(arguments: argparse.Namespace) -> int:
    import json

    from seq2edge.device.vectors.check import check_vectors

    result = check_vectors(arguments.bundle)
    if arguments.json:
        print(json.dumps(result, ensure_ascii=False, indent=2))
    else:
        print(f"files: {result['files']} unaltered; runtime: {result['runtime']}")
        print(
            f"test vectors: {result['same']} of {result['vectors']} give the same answer, "
            f"largest logit difference {result['largest_logit_difference']:.2g}"
        )
        print("verified" if result["passed"] else "FAILED: the answers differ from those of the export")
    return 0 if result["passed"] else 1
