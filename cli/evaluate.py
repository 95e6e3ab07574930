"""seq2edge evaluate: scores of a run or a bundle."""

import argparse

HELP = "score a run, or a bundle on a run's data"
EXAMPLES = """\
  seq2edge evaluate runs/quickstart
  seq2edge evaluate runs/multi30k-en-de --split valid --beam 5
  seq2edge evaluate bundles/quickstart-int8 --run runs/quickstart --json"""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("path", metavar="RUN|BUNDLE", help="a run's folder or a bundle's")
    parser.add_argument("--run", metavar="RUN", dest="data", help="the run whose data a bundle is scored on")
    parser.add_argument("--split", choices=("train", "valid", "test"), default="test", help="default: test")
    parser.add_argument("--beam", type=int, help="default: as the recipe or bundle says")
    parser.add_argument("--json", action="store_true", help="as JSON")
    parser.add_argument("--quiet", action="store_true", help="no progress")


def run(arguments: argparse.Namespace) -> int:
    import json
    from pathlib import Path

    from seq2edge.cli.keras_setup import quiet_tensorflow
    from seq2edge.device.bundle import FILE
    from seq2edge.device.errors import UserError

    quiet_tensorflow()
    from seq2edge.pipeline.evaluation import evaluate, evaluate_answers
    from seq2edge.pipeline.run import Run

    path = Path(arguments.path)
    if (path / FILE).is_file():
        from seq2edge.device.runner import Runner

        runner = Runner.from_bundle(path)
        data = Path(arguments.data or Path("runs") / runner.bundle.name)
        if not data.is_dir():
            raise UserError(f"{path}: a bundle carries no data; name the run it was exported from with --run")
        beam = arguments.beam or runner.bundle.decoding["beam"]
        result = evaluate_answers(
            Run.open(data),
            path.name,
            lambda text: runner.run(text, beam).alternatives[0][0],
            arguments.split,
            beam,
            arguments.quiet,
        )
    else:
        result = evaluate(Run.open(path), arguments.split, arguments.beam, arguments.quiet)
    print(json.dumps(result.as_dict(), ensure_ascii=False, indent=2) if arguments.json else result.table())
    return 0
