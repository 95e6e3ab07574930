"""seq2edge bench: measure the speed and memory of a bundle."""

import argparse

from seq2edge.cli.bundle_argument import add_bundle
from seq2edge.device.terminal import json_line, write

HELP = "measure a bundle's speed, memory and size on this machine"
EXAMPLES = """\
  seq2edge bench                       # the installed bundle
  seq2edge bench bundles/mine-int8 --threads 1 2 4 --beam 5 --file texts.txt"""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    add_bundle(parser)
    parser.add_argument(
        "--threads",
        type=int,
        nargs="+",
        default=[1],
        metavar="N",
        help="numbers of runtime threads to measure (default: 1)",
    )
    parser.add_argument("--beam", type=int, help="beam size (default: the bundle's)")
    parser.add_argument("--rounds", type=int, default=20, help="how often each text is answered (default: 20)")
    parser.add_argument(
        "--file", metavar="FILE", help="texts to answer, one per line (default: the bundle's test vectors)"
    )
    parser.add_argument("--json", action="store_true", help="print JSON")


def run(arguments: argparse.Namespace) -> int:
    from pathlib import Path

    from seq2edge.device.bench import bench
    from seq2edge.device.errors import UserError
    from seq2edge.device.limits import check_threads

    for number in arguments.threads:
        check_threads("--threads", number)
    if arguments.rounds < 1:
        raise UserError(f"--rounds must be at least 1, got {arguments.rounds}")
    texts = None
    if arguments.file:
        texts = [
            line for line in Path(arguments.file).read_bytes().decode("utf-8", "replace").split("\n") if line.strip()
        ]
        if not texts:
            raise UserError(f"{arguments.file}: contains no texts")
    result = bench(arguments.bundle, arguments.threads, arguments.beam, arguments.rounds, texts, arguments.sha256)
    if arguments.json:
        print(json_line(result))
        return 0
    tables = {"threads": result.pop("threads"), "source tokens": result.pop("source_tokens")}
    for name, value in result.items():
        write(f"{name:18} {value}")
    for title, rows in tables.items():
        columns = list(next(iter(rows.values())))
        write(f"\n{title:16}" + "".join(f"{column:>18}" for column in columns))
        for name, row in rows.items():
            write(f"{name:16}" + "".join(f"{row[column]:>18}" for column in columns))
    return 0
