"""seq2edge init: inspect a file of pairs or labelled texts and write a recipe for it."""

import argparse

from seq2edge.device.tasks import TASKS
from seq2edge.device.terminal import write

HELP = "inspect a file of pairs or labelled texts and write a recipe for it"
EXAMPLES = """\
  seq2edge init pairs.tsv
  seq2edge init support-log.csv --output support.toml --task chat
  seq2edge init train.en --target train.de              two parallel files
  seq2edge init reviews.csv --task classification       texts with labels; a few short labels are recognised
  seq2edge init reviews/                                reviews/LABEL/*.txt, or reviews/LABEL.txt with a text a line"""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "pairs", metavar="DATA", help="TSV, CSV or JSON Lines, plain or .gz; or a folder of labelled texts"
    )
    parser.add_argument("--target", metavar="FILE", help="the targets, if DATA is the first of two parallel files")
    parser.add_argument(
        "--task",
        choices=list(TASKS),
        help="default: guessed from the texts",
    )
    parser.add_argument("--output", metavar="RECIPE", help="default: NAME.toml in the working directory")
    parser.add_argument("--overwrite", action="store_true", help="overwrite an existing recipe")


def run(arguments: argparse.Namespace) -> int:
    import sys
    from pathlib import Path

    from seq2edge.device.errors import UserError
    from seq2edge.pipeline.files import write_text
    from seq2edge.pipeline.suggest.inspection import inspect
    from seq2edge.pipeline.suggest.suggestion import recipe_text, suggest

    found = inspect(Path(arguments.pairs), Path(arguments.target) if arguments.target else None, arguments.task)
    write(found.describe())
    output = Path(arguments.output or f"{found.name}.toml")
    if output.exists() and not arguments.overwrite:
        raise UserError(f"{output}: already exists; choose another --output, or overwrite it with --overwrite")
    write_text(output, recipe_text(suggest(found)))
    write(f"recipe: {output}")
    write(f"next: seq2edge train {output}", file=sys.stderr)
    return 0
