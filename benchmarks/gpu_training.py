"""Benchmarks training on a GPU: speed of tf/nmt's tutorial model, scores of two small models, profile of an update.

    python benchmarks/gpu_training.py prepare gpu-run                       # on any machine, with the extra train
    python benchmarks/gpu_training.py run gpu-run --output gpu-results      # on a machine with a GPU and JAX
    python benchmarks/gpu_training.py collect gpu-run gpu-results runs/gpu  # where `prepare` ran

`prepare` needs a package index, and Multi30k, which is downloaded or read from SEQ2EDGE_DATA. It writes a folder of
less than 60 MiB: token ids, recipes, and wheels of the packages that a machine with JAX lacks. `run` needs that folder
and this repository, but no network and no TensorFlow. `collect` makes runs for `seq2edge evaluate` and `export`.
`run` has five parts. Each is a process of its own with a time limit, and is killed ten seconds after it:

    speed        words per second of tf/nmt's tutorial model, for several precisions, batch sizes and values of unroll
    transformer  Transformer-Tiny of Wu et al. 2021 on Multi30k, 8,000 updates
    hybrid       the recipe multi30k-hybrid, 8,000 updates
    profile      times of the parts of an update, for the fastest variant of "speed"
    graphs       "speed" again, with loops captured as CUDA graphs

Results are written while a part runs: measurements to results.json, weights every minute to .npz files of less than
15 MiB. A part that fails or is killed keeps what it has written, and does not affect the other parts.
"""

import argparse
import time
from pathlib import Path

LIMITS = {"speed": 110.0, "transformer": 140.0, "hybrid": 150.0, "profile": 85.0, "graphs": 45.0}  # seconds
STARTED = time.monotonic()


def prepare(arguments: argparse.Namespace) -> None:
    from gpu.prepare import prepare_folder

    prepare_folder(arguments.folder, arguments.python, arguments.also, arguments.tiny)


def run(arguments: argparse.Namespace) -> None:
    from gpu.run import run_parts

    limits = LIMITS | dict(arguments.limits)
    run_parts(arguments.folder, arguments.output, {part: limits[part] for part in arguments.parts}, arguments.total)


def part(arguments: argparse.Namespace) -> None:
    from gpu.parts import run_part

    run_part(arguments.part, arguments.folder, arguments.output, STARTED + arguments.limit)


def collect(arguments: argparse.Namespace) -> None:
    from gpu.collect import collect_runs

    collect_runs(arguments.folder, arguments.results, arguments.runs)


def limit(text: str) -> tuple[str, float]:
    """PART=SECONDS."""
    name, _, seconds = text.partition("=")
    if name not in LIMITS:
        raise argparse.ArgumentTypeError(f"no part {name!r}; the parts are {', '.join(LIMITS)}")
    return name, float(seconds)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    commands = parser.add_subparsers(required=True, metavar="prepare|run|collect")

    command = commands.add_parser("prepare", help="write the folder for the machine with the GPU")
    command.set_defaults(call=prepare)
    command.add_argument("folder", type=Path)
    command.add_argument("--python", default="3.12", help="Python version of that machine (default: %(default)s)")
    command.add_argument("--also", nargs="+", default=[], metavar="PACKAGE", help="more packages that it lacks")
    command.add_argument("--tiny", action="store_true", help="smallest settings, to try everything on a CPU")

    command = commands.add_parser("run", help="measure, on the machine with the GPU")
    command.set_defaults(call=run)
    command.add_argument("folder", type=Path)
    command.add_argument("--output", type=Path, default=Path("gpu-results"))
    command.add_argument("--parts", nargs="+", choices=LIMITS, default=list(LIMITS), metavar="PART")
    command.add_argument("--limits", nargs="+", type=limit, default=[], metavar="PART=SECONDS")
    command.add_argument("--total", type=float, default=560, metavar="SECONDS", help="limit of all parts together")

    command = commands.add_parser("part")  # one part, in the process that `run` starts for it
    command.set_defaults(call=part)
    command.add_argument("part", choices=LIMITS)
    command.add_argument("folder", type=Path)
    command.add_argument("output", type=Path)
    command.add_argument("limit", type=float)

    command = commands.add_parser("collect", help="make runs of the trained weights")
    command.set_defaults(call=collect)
    command.add_argument("folder", type=Path, help="the folder that `prepare` wrote")
    command.add_argument("results", type=Path, help="the folder that `run` wrote")
    command.add_argument("runs", type=Path)

    arguments = parser.parse_args()
    arguments.call(arguments)


if __name__ == "__main__":
    main()
