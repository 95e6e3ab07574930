"""seq2edge bench: how fast a bundle is here."""

import argparse

HELP = "measure a bundle's speed, memory and size on this machine"
EXAMPLES = """\
  seq2edge bench bundles/quickstart-int8
  seq2edge bench bundles/multi30k-en-de-int8 --threads 2 --beam 5 --json"""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("bundle", metavar="BUNDLE", help="a bundle's folder")
    parser.add_argument("--threads", type=int, default=1, help="of the runtime (default: 1)")
    parser.add_argument("--beam", type=int, help="default: as the bundle says")
    parser.add_argument("--rounds", type=int, default=20, help="times each test vector is answered (default: 20)")
    parser.add_argument("--json", action="store_true", help="as JSON")


def run(arguments: argparse.Namespace) -> int:
    import json
    from pathlib import Path

    from seq2edge.device.bench import bench
    from seq2edge.device.errors import UserError

    if min(arguments.threads, arguments.rounds) < 1:
        raise UserError("--threads and --rounds must be 1 or more")
    result = bench(Path(arguments.bundle), arguments.threads, arguments.beam, arguments.rounds)
    if arguments.json:
        print(json.dumps(result))
    else:
        for name, value in result.items():
            print(f"{name:18} {value}")
    return 0
