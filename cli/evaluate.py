"""seq2edge evaluate: scores of runs and bundles."""

import argparse
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from seq2edge.pipeline.evaluation.evaluate import EvaluationSet, System

HELP = "score runs and bundles, side by side, on a run's data or a file"
EXAMPLES = """\
  seq2edge evaluate runs/quickstart
  seq2edge evaluate runs/multi30k-en-de --split valid --beam 5 --report report.html
  seq2edge evaluate runs/quickstart bundles/quickstart-float16 bundles/quickstart-int8
  seq2edge evaluate runs/new --against runs/old
  seq2edge evaluate runs/new --split valid --length-penalty 1.0
  seq2edge evaluate bundles/quickstart-int8 --file questions.tsv --json"""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "paths",
        metavar="RUN|BUNDLE",
        nargs="+",
        type=Path,
        help="folders; several stand in columns",
    )
    parser.add_argument("--against", metavar="RUN|BUNDLE", type=Path, help="say whether each is really better")
    parser.add_argument("--run", metavar="RUN", dest="data", type=Path, help="whose data; default: the first RUN")
    parser.add_argument("--split", choices=("train", "valid", "test"), default="test", help="default: test")
    parser.add_argument("--file", metavar="FILE", type=Path, help="pairs to ask in place of a split: TSV, CSV or JSONL")
    parser.add_argument("--beam", type=int, help="default: as recipe or bundle say")
    parser.add_argument("--length-penalty", type=float, help="of the beam; default: as recipe or bundle say")
    parser.add_argument("--report", metavar="FILE", type=Path, help="write a page of HTML that opens offline")
    parser.add_argument("--output", metavar="FOLDER", type=Path, help="where scores and outputs go; default: that run")
    parser.add_argument("--json", action="store_true", help="as JSON")
    parser.add_argument("--quiet", action="store_true", help="no progress")


def run(arguments: argparse.Namespace) -> int:
    import json

    from seq2edge.cli.keras_setup import quiet_tensorflow

    quiet_tensorflow()
    from seq2edge.pipeline.evaluation.evaluate import System, evaluate, table
    from seq2edge.pipeline.evaluation.report import report
    from seq2edge.pipeline.evaluation.significance import compare_paired
    from seq2edge.pipeline.files import write_text

    others = [arguments.against] if arguments.against else []
    paths = list(dict.fromkeys([*arguments.paths, *others]))
    systems = [System.open(path, name) for path, name in zip(paths, unique_names(paths), strict=True)]
    test_set, output = _test_set(arguments, systems[0])
    found = [
        evaluate(system, test_set, output, arguments.beam, arguments.quiet, arguments.length_penalty)
        for system in systems
    ]
    differences = []
    if others:
        other = found[paths.index(arguments.against)]
        for evaluation in found:
            if evaluation is not other:
                ours, theirs = ((side.system, side.hypotheses) for side in (evaluation, other))
                differences += compare_paired(test_set.task, ours, theirs, test_set.expected)
    if arguments.report:
        write_text(arguments.report, report(found, differences))
    if arguments.json:
        values = {"systems": [e.as_dict() for e in found], "differences": [d.as_dict() for d in differences]}
        print(json.dumps(values, ensure_ascii=False, indent=2))
    else:
        print("\n".join([table(found), *map(str, differences)]))
    return 0


def unique_names(paths: list[Path]) -> list[str]:
    """The folders' names, with those above them where two are the same."""
    folders = [path.resolve() for path in paths]
    deepest = max(len(folder.parts) for folder in folders)
    for parts in range(1, deepest + 1):
        names = ["-".join(folder.parts[-parts:]) for folder in folders]
        if len(set(names)) == len(set(folders)):
            break
    return names


def _test_set(arguments: argparse.Namespace, first: "System") -> "tuple[EvaluationSet, Path]":
    """What is asked, and the folder for what is kept."""
    from seq2edge.device.bundle import FILE
    from seq2edge.device.errors import UserError
    from seq2edge.pipeline.evaluation.evaluate import EvaluationSet
    from seq2edge.pipeline.run import Run

    manifest = first.runner.bundle
    if arguments.file:
        return EvaluationSet.of_file(arguments.file, manifest.task), arguments.output or Path("evaluations")
    runs = [path for path in arguments.paths if not (path / FILE).is_file()]
    data = arguments.data or next(iter(runs), Path("runs") / manifest.name)
    if not data.is_dir():
        raise UserError(f"{first.path}: a bundle carries no data; name its run with --run, or pairs with --file")
    return EvaluationSet.of_run(Run.open(data), arguments.split), arguments.output or data
