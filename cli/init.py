"""seq2edge init: inspect a file of pairs or labelled texts and write a recipe for it."""

import argparse
import dataclasses
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from seq2edge.device.tasks import TASKS
from seq2edge.device.terminal import write

if TYPE_CHECKING:
    from seq2edge.pipeline.suggest.columns import Table
    from seq2edge.pipeline.suggest.inspection import Inspection
    from seq2edge.pipeline.suggest.suggestion import Suggestion

HELP = "inspect a file of pairs or labelled texts and write a recipe for it"
EXAMPLES = """\
  seq2edge init pairs.tsv
  seq2edge init log.xlsx --source question --target answer --task chat
  seq2edge init train.en --target train.de    # two parallel files
  seq2edge init reviews.csv --task classification
  seq2edge init pairs.tsv --time       # also estimate the training time
  seq2edge init reviews/               # reviews/LABEL/*.txt, one text each"""
CELL = 40  # characters shown of an example from a column


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "pairs",
        metavar="DATA",
        help="TSV, CSV, JSON Lines, JSON or .xlsx, plain, .gz, .xz or .zip; or a folder of labelled texts",
    )
    parser.add_argument("--source", metavar="COLUMN", help="column of the sources: its name, or its number from 0")
    parser.add_argument(
        "--target",
        metavar="COLUMN|FILE",
        help="column of the targets; or file of the targets, if DATA is the first of two parallel files",
    )
    parser.add_argument(
        "--task",
        metavar="TASK",
        choices=list(TASKS),
        help=f"{', '.join(TASKS)} (default: guessed from the texts)",
    )
    parser.add_argument("--output", metavar="RECIPE", help="default: NAME.toml in the working directory")
    parser.add_argument("--overwrite", action="store_true", help="overwrite an existing recipe")
    parser.add_argument(
        "--time", action="store_true", help="run 20 trial steps to estimate the training time on this machine"
    )


def run(arguments: argparse.Namespace) -> int:
    from seq2edge.device.errors import UserError
    from seq2edge.pipeline.files import write_text
    from seq2edge.pipeline.suggest.columns import Wish
    from seq2edge.pipeline.suggest.description import describe
    from seq2edge.pipeline.suggest.inspection import inspect
    from seq2edge.pipeline.suggest.suggestion import recipe_text, suggest

    path, target_path = Path(arguments.pairs), _parallel(arguments)
    ask = _ask if sys.stdin and sys.stdin.isatty() and sys.stderr.isatty() else None
    wish = Wish(arguments.source, None if target_path else arguments.target, ask=ask)
    found = inspect(path, target_path, arguments.task, wish)
    write(describe(found))
    output = Path(arguments.output or f"{found.name}.toml")
    if output.exists() and not arguments.overwrite:
        raise UserError(f"{output}: already exists; choose another --output, or overwrite it with --overwrite")
    suggestion = suggest(_findable(found, output.parent))
    write_text(output, recipe_text(suggestion))
    write(f"recipe: {output}")
    if arguments.time:
        seconds = _measure(suggestion)
        write_text(output, recipe_text(dataclasses.replace(suggestion, measured=seconds)))
    else:
        write(f"training: about {suggestion.minutes} min on two CPU cores (a rough estimate; --time measures it here)")
    write(f"next: seq2edge train {output}", file=sys.stderr)
    return 0


def _findable(found: "Inspection", folder: Path) -> "Inspection":
    """Return the findings with absolute paths for files that a recipe in a folder would not find, or not these."""
    from seq2edge.device.errors import UserError
    from seq2edge.pipeline.data.locate import Wanted, locate

    def findable(path: Path) -> Path:
        try:
            return path if locate(Wanted(str(path)), folder).samefile(path) else path.resolve()
        except UserError:
            return path.resolve()

    target_path = found.target_path and findable(found.target_path)
    return dataclasses.replace(found, path=findable(found.path), target_path=target_path)


def _measure(suggestion: "Suggestion") -> float:
    """Estimate the maximum training time in seconds by trial steps."""
    import tempfile

    from seq2edge.cli.keras_setup import quiet_tensorflow
    from seq2edge.pipeline.recipe_schema.load import load_recipe
    from seq2edge.pipeline.suggest.suggestion import recipe_text

    write("trying 20 steps …", file=sys.stderr, flush=True)
    quiet_tensorflow()
    from seq2edge.pipeline.training.trial import STEPS, estimate

    counts = suggestion.found.counts
    with tempfile.TemporaryDirectory(prefix="seq2edge-") as temporary:
        folder = Path(temporary)
        (folder / "recipe.toml").write_text(recipe_text(suggestion), encoding="utf-8")
        recipe = load_recipe(folder / "recipe.toml")
        found = estimate(recipe, counts.sample, counts.pairs, suggestion.fit.typical_length, folder)
    write(
        f"training: at most {duration(found.seconds)} here: {found.epochs} epochs of {found.steps:,} steps of "
        f"{1000 * found.step:.0f} ms (mean of {STEPS}), {found.scoring:.1f} s of scoring after each"
    )
    return found.seconds


def duration(seconds: float) -> str:
    """A duration for display: in seconds, minutes or hours."""
    if seconds < 100:
        return f"{seconds:.0f} s"
    return f"{seconds / 60:.0f} min" if seconds < 6000 else f"{seconds / 3600:.1f} hours"


def _parallel(arguments: argparse.Namespace) -> Path | None:
    """The file of the targets. None if `--target` is a column: if `--source` is given, or there is no such file."""
    target = arguments.target
    is_file = target is not None and arguments.source is None and Path(target).is_file()
    return Path(target) if is_file else None


def _ask(table: "Table", texts: Sequence[int]) -> tuple[int, int]:
    """Ask on the terminal which columns are the sources and the targets; `texts` are the columns of text."""
    write("several columns contain text:", file=sys.stderr)
    for index in texts:
        cell = next((cell for cell in table.column(index) if cell.strip()), "")
        name = f" {table.names[index]!r}" if table.has_names else ""
        write(f"  {index}{name}: {cell[:CELL]!r}", file=sys.stderr)
    source = _ask_column(table, "source", texts[0])
    return source, _ask_column(table, "target", next(index for index in texts if index != source), source)


def _ask_column(table: "Table", side: str, default: int, taken: int | None = None) -> int:
    while True:
        print(f"column of the {side}s [{default}]: ", end="", file=sys.stderr, flush=True)
        answer = sys.stdin.readline()
        index = default if not answer.strip() else table.of_name(answer.strip())
        if index is not None and index != taken:
            return index
        reason = "is the source already" if index is not None else "is not a column"
        write(f"{answer.strip()!r} {reason}; columns: {table}", file=sys.stderr)
