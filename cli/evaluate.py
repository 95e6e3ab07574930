"""seq2edge evaluate: score runs and bundles."""

import argparse
from pathlib import Path
from typing import TYPE_CHECKING

from seq2edge.cli.search_flags import add_search_flags, search_values
from seq2edge.device.search.options import OPTIONS
from seq2edge.device.terminal import json_line, write

if TYPE_CHECKING:
    from seq2edge.pipeline.evaluation.evaluation_set import EvaluationSet
    from seq2edge.pipeline.evaluation.system import System

HELP = "score runs and bundles side by side, on a run's data or on a file"
EXAMPLES = """\
  seq2edge evaluate runs/mine --report report.html
  seq2edge evaluate runs/mine bundles/mine-float16 bundles/mine-int8
  seq2edge evaluate runs/new --against runs/old
  seq2edge evaluate runs/new --split valid --length-penalty 1.0
  seq2edge evaluate bundles/mine-int8 --file questions.tsv --json"""

COMMON = ("beam", "length_penalty")  # listed by `--help`


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "paths", metavar="RUN|BUNDLE", nargs="+", type=Path, help="folders to score, one column of the table each"
    )
    parser.add_argument(
        "--against", metavar="RUN|BUNDLE", type=Path, help="test whether the others differ significantly from this one"
    )
    parser.add_argument(
        "--run", metavar="RUN", dest="data", type=Path, help="run whose data is used (default: the first RUN)"
    )
    parser.add_argument("--split", choices=("train", "valid", "test"), default="test", help="default: test")
    parser.add_argument("--file", metavar="FILE", type=Path, help="pairs instead of a split: TSV, CSV or JSON Lines")
    parser.add_argument("--report", metavar="FILE", type=Path, help="write an HTML page that opens offline")
    parser.add_argument(
        "--output",
        metavar="FOLDER",
        type=Path,
        help="folder for scores and outputs (default: the run whose data is used; evaluations/ with --file)",
    )
    parser.add_argument("--json", action="store_true", help="print JSON")
    parser.add_argument("--quiet", action="store_true", help="show no progress")
    add_search_flags(parser, OPTIONS, COMMON)


def run(arguments: argparse.Namespace) -> int:
    from seq2edge.cli.keras_setup import quiet_tensorflow

    quiet_tensorflow()
    from seq2edge.pipeline.evaluation.evaluate import EvaluateOptions, evaluate
    from seq2edge.pipeline.evaluation.report.page import report
    from seq2edge.pipeline.evaluation.significance import compare_with
    from seq2edge.pipeline.evaluation.system import System
    from seq2edge.pipeline.evaluation.tables import table
    from seq2edge.pipeline.files import write_text

    others = [arguments.against] if arguments.against else []
    paths = list(dict.fromkeys([*arguments.paths, *others]))
    systems = [System.open(path, name) for path, name in zip(paths, unique_names(paths), strict=True)]
    test_set = _test_set(arguments, systems[0])
    options = EvaluateOptions(arguments.output, search_values(OPTIONS, arguments), arguments.quiet)
    evaluations = [evaluate(system, test_set, options) for system in systems]
    differences = compare_with(evaluations, evaluations[paths.index(arguments.against)]) if others else []
    if arguments.report:
        write_text(arguments.report, report(evaluations, differences))
    if arguments.json:
        values = {"systems": [e.as_dict() for e in evaluations], "differences": [d.as_dict() for d in differences]}
        print(json_line(values, indent=2))
    else:
        write("\n".join([table(evaluations), *map(str, differences)]))
    return 0


def unique_names(paths: list[Path]) -> list[str]:
    """Unique names for folders: their own name, preceded by as many parent folders as needed."""
    folders = [path.resolve() for path in paths]
    deepest = max(len(folder.parts) for folder in folders)
    for parts in range(1, deepest + 1):
        names = ["-".join(folder.parts[-parts:]) for folder in folders]
        if len(set(names)) == len(set(folders)):
            break
    return names


def _test_set(arguments: argparse.Namespace, first: "System") -> "EvaluationSet":
    """The file, or a split of a run: of --run, of the first run in the paths, or of the run a bundle was made from."""
    from seq2edge.device.bundle import FILE
    from seq2edge.device.errors import UserError
    from seq2edge.pipeline.evaluation.evaluation_set import EvaluationSet
    from seq2edge.pipeline.run import Run

    manifest = first.runner.manifest
    if arguments.file:
        return EvaluationSet.of_file(arguments.file, manifest.task, manifest.normalisations)
    runs = [path for path in arguments.paths if not (path / FILE).is_file()]
    data = arguments.data or next(iter(runs), Path("runs") / manifest.name)
    if not data.is_dir():
        raise UserError(f"{first.path}: a bundle contains no data; name its run with --run, or a file with --file")
    return EvaluationSet.of_run(Run.open(data), arguments.split)
