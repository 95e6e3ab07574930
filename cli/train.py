"""seq2edge train: a recipe → a run."""

import argparse
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from seq2edge.pipeline.recipe_schema.recipe import Recipe
    from seq2edge.pipeline.run import Run

HELP = "train a recipe into a run"
EXAMPLES = """\
  seq2edge train ko-chatbot
  seq2edge train my-recipe.toml --output runs/second-try --set model.units=512 --set training.epochs=40
  seq2edge train my-recipe.toml --resume          go on where a killed training was
  seq2edge train new-pairs.toml --from runs/old   go on from an earlier model with new pairs; its tokenizer is kept

  on two machines, each with its own --process:
  KERAS_BACKEND=jax seq2edge train big.toml --hosts 10.0.0.1:9000,10.0.0.2 --process 0"""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("recipe", help="a bundled recipe's name (seq2edge recipes) or a TOML file")
    parser.add_argument("--set", action="append", metavar="KEY=VALUE", help="override a key: section.key=value")
    parser.add_argument("--output", metavar="RUN", help="folder of the run (default: runs/NAME)")
    parser.add_argument("--from", dest="start", metavar="RUN", help="go on from an earlier run's weights and tokenizer")
    parser.add_argument(
        "--hosts",
        metavar="HOST:PORT,HOST,…",
        help="train on several machines or processes: addresses of all; the first needs PORT and the next one",
    )
    parser.add_argument("--process", type=int, metavar="N", help="this process' place in --hosts, from 0")
    parser.add_argument("--resume", action="store_true", help="go on from the run's last checkpoint")
    parser.add_argument("--overwrite", action="store_true", help="replace a run that stands there")
    parser.add_argument("--quiet", action="store_true", help="no progress")


def run(arguments: argparse.Namespace) -> int:
    import sys

    from seq2edge.cli.keras_setup import quiet_tensorflow
    from seq2edge.pipeline.recipe_schema.load import find_recipe, load_recipe

    path = find_recipe(arguments.recipe)
    recipe = load_recipe(path, arguments.set)
    output = Path(arguments.output or Path("runs") / recipe.name)
    quiet_tensorflow()
    from seq2edge.pipeline.run import Run
    from seq2edge.pipeline.training.trainer import train

    start = Run.open(Path(arguments.start)) if arguments.start else None
    try:
        if arguments.hosts:
            return _train_together(arguments, recipe, output, path.parent, start)
        trained = train(recipe, output, path.parent, arguments.resume, arguments.overwrite, arguments.quiet, start)
    except KeyboardInterrupt:
        if (output / "checkpoint.npz").is_file():
            print(f"\nstopped; the last whole epoch is kept. Go on with: {_again(arguments)}", file=sys.stderr)
        raise
    _tell(trained)
    return 0


def _train_together(
    arguments: argparse.Namespace, recipe: "Recipe", output: Path, recipe_folder: Path, start: "Run | None"
) -> int:
    """Train with other processes; a mistake ends this one at once, as JAX would wait for the others at its exit."""
    import os
    import sys

    from seq2edge.cli.main import INTERRUPTED, WRONG_INPUT, internal_error
    from seq2edge.device.errors import UserError
    from seq2edge.pipeline.training.parallel.distribution import initialise
    from seq2edge.pipeline.training.parallel.hosts import Hosts, ProcessLostError, parse_hosts
    from seq2edge.pipeline.training.trainer import train, train_worker

    def end(reason: str, status: int = WRONG_INPUT) -> None:
        print(f"\nseq2edge: {reason}", file=sys.stderr, flush=True)
        os._exit(status)

    def end_lost(reason: str) -> None:
        kept = "; go on with --resume in every process" if (output / "checkpoint.npz").is_file() else ""
        end(reason + kept)

    addresses, process = parse_hosts(arguments.hosts, arguments.process)
    try:
        with Hosts(addresses, process, end_lost) as hosts:
            initialise(hosts)
            if hosts.first:
                options = (arguments.resume, arguments.overwrite, arguments.quiet)
                _tell(train(recipe, output, recipe_folder, *options, start, hosts))
            else:
                train_worker(recipe, output, hosts, recipe_folder, start)
    except ProcessLostError as error:
        end_lost(str(error))
    except UserError as error:
        end(str(error))
    except KeyboardInterrupt:
        end("interrupted", INTERRUPTED)
    except Exception:
        os._exit(internal_error())
    return 0


def _tell(trained: "Run") -> None:
    import sys

    print(f"run: {trained.path}")
    print(f"next: seq2edge evaluate {trained.path}", file=sys.stderr)


def _again(arguments: argparse.Namespace) -> str:
    import shlex

    words = ["seq2edge", "train", arguments.recipe]
    words += [word for setting in arguments.set or [] for word in ("--set", setting)]
    words += ["--output", arguments.output] if arguments.output else []
    return shlex.join([*words, "--resume"])
