"""seq2edge ensemble: combine several trained runs into one run."""

import argparse

from seq2edge.device.terminal import write

HELP = "combine runs into one run that averages their predictions at every step"
EXAMPLES = """\
  seq2edge ensemble runs/first runs/second runs/third --output runs/three
  seq2edge export runs/three           # like any run
  seq2edge distill runs/three small.toml    # one small model from all of them"""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("runs", metavar="RUN", nargs="+", help="folders of runs of the same task, data and tokenizers")
    parser.add_argument("--output", metavar="RUN", required=True, help="folder of the new run")
    parser.add_argument("--overwrite", action="store_true", help="overwrite an existing run")


def run(arguments: argparse.Namespace) -> int:
    import sys
    from pathlib import Path

    from seq2edge.cli.keras_setup import quiet_tensorflow

    quiet_tensorflow()
    from seq2edge.pipeline.training.ensemble import build_ensemble_run

    paths = [Path(path) for path in arguments.runs]
    ensemble = build_ensemble_run(paths, Path(arguments.output), arguments.overwrite)
    write(f"run: {ensemble.path}")
    write(f"next: seq2edge evaluate {ensemble.path}", file=sys.stderr)
    return 0
