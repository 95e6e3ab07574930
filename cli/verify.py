"""seq2edge verify: is a bundle whole, and does it still say what it said?"""

import argparse

HELP = "check a bundle: its files, its runtime, and its own test vectors"
EXAMPLES = """\
  seq2edge verify bundles/quickstart-int8
  seq2edge verify bundles/quickstart-int8 --json"""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("bundle", metavar="BUNDLE", help="a bundle's folder")
    parser.add_argument("--json", action="store_true", help="as JSON")


def run(arguments: argparse.Namespace) -> int:
    import json

    from seq2edge.device.runner import Runner
    from seq2edge.device.vectors import check_vectors

    runner = Runner.from_bundle(arguments.bundle)
    result = check_vectors(runner)
    if arguments.json:
        print(json.dumps(result, ensure_ascii=False, indent=2))
    else:
        print(f"files: whole ({len(runner.bundle.files)}); runtime: {result['runtime']}")
        print(
            f"test vectors: {result['same']} of {result['vectors']} give the same ids, "
            f"largest difference of logits {result['largest_logit_difference']:.2g}"
        )
        print("verified" if result["passed"] else "FAILED: the answers differ from those at export")
    return 0 if result["passed"] else 1
