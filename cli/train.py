"""seq2edge train: train a recipe."""

import argparse
import dataclasses
from pathlib import Path
from typing import TYPE_CHECKING, NoReturn

from seq2edge.cli.option_flags import add_flags, flag_values
from seq2edge.device.terminal import write
from seq2edge.pipeline.training.options import TrainOptions

if TYPE_CHECKING:
    from seq2edge.pipeline.recipe_schema.recipe import Recipe
    from seq2edge.pipeline.run import Run

HELP = "train the model of a recipe"
EXAMPLES = """\
  seq2edge train ko-chatbot
  seq2edge train mine.toml --output runs/second --set model.units=512
  seq2edge train mine.toml --resume           # after an interruption
  seq2edge train new.toml --from runs/old     # fine-tune an earlier model
  KERAS_BACKEND=jax seq2edge train big.toml --process 0 \\
      --hosts 10.0.0.1:9000,10.0.0.2          # on each machine, with its index"""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("recipe", help="name of a bundled recipe (see seq2edge recipes) or a TOML file")
    parser.add_argument("--set", action="append", metavar="KEY=VALUE", help="override a key: section.key=value")
    parser.add_argument("--output", metavar="RUN", help="folder of the run (default: runs/NAME)")
    parser.add_argument(
        "--hosts",
        metavar="HOST:PORT,HOST,…",
        help="train in several processes or on several machines: addresses of all; the first uses PORT and PORT+1",
    )
    parser.add_argument("--process", type=int, metavar="N", help="index of this process in --hosts, from 0")
    add_flags(parser, TrainOptions)


def run(arguments: argparse.Namespace) -> int:
    import sys

    from seq2edge.cli.keras_setup import quiet_tensorflow
    from seq2edge.pipeline.recipe_schema.load import find_recipe, load_recipe

    path = find_recipe(arguments.recipe)
    recipe = load_recipe(path, arguments.set)
    output = Path(arguments.output or Path("runs") / recipe.name)
    options = TrainOptions(**flag_values(TrainOptions, arguments), recipe_folder=path.parent)
    quiet_tensorflow()
    from seq2edge.pipeline.files import CHECKPOINT_FILE
    from seq2edge.pipeline.run import Run
    from seq2edge.pipeline.training.trainer import train

    if arguments.initial_run:  # so far only a path, because opening a run imports Keras
        options = dataclasses.replace(options, initial_run=Run.open(Path(arguments.initial_run)))
    if arguments.hosts:
        return _train_on_hosts(arguments, recipe, output, options)
    try:
        trained = train(recipe, output, options)
    except KeyboardInterrupt:
        if (output / CHECKPOINT_FILE).is_file():
            write(
                f"\nstopped; the last finished epoch is kept. Resume with: {_resume_command(arguments)}",
                file=sys.stderr,
            )
        raise
    _report(trained)
    return 0


def _train_on_hosts(arguments: argparse.Namespace, recipe: "Recipe", output: Path, options: TrainOptions) -> int:
    """Train together with other processes. An error ends this one by `os._exit`; JAX would wait for the others."""
    import os
    import sys

    from seq2edge.cli.main import WRONG_INPUT, internal_error, status_of
    from seq2edge.device.errors import UserError
    from seq2edge.pipeline.files import CHECKPOINT_FILE
    from seq2edge.pipeline.training.parallel.distribution import initialise
    from seq2edge.pipeline.training.parallel.hosts import Hosts, ProcessLostError, parse_hosts
    from seq2edge.pipeline.training.trainer import train, train_worker

    def end(message: str, status: int = WRONG_INPUT) -> NoReturn:
        write(f"\nseq2edge: {message}", file=sys.stderr, flush=True)
        os._exit(status)

    def end_lost(message: str) -> NoReturn:
        resumable = (output / CHECKPOINT_FILE).is_file()
        end(message + ("; resume with --resume in every process" if resumable else ""))

    addresses, process = parse_hosts(arguments.hosts, arguments.process)
    try:
        with Hosts(addresses, process, end_lost) as hosts:
            initialise(hosts)
            options = dataclasses.replace(options, hosts=hosts)
            if hosts.first:
                _report(train(recipe, output, options))
            else:
                train_worker(recipe, output, options)
    except ProcessLostError as error:
        end_lost(str(error))
    except UserError as error:
        end(str(error), status_of(error))
    except KeyboardInterrupt as stop:
        end("interrupted", status_of(stop))
    except Exception:
        os._exit(internal_error())
    return 0


def _report(trained: "Run") -> None:
    import sys

    write(f"run: {trained.path}")
    write(f"next: seq2edge evaluate {trained.path}", file=sys.stderr)


def _resume_command(arguments: argparse.Namespace) -> str:
    """The command that resumes this one."""
    import shlex

    words = ["seq2edge", "train", arguments.recipe]
    words += [word for setting in arguments.set or [] for word in ("--set", setting)]
    words += ["--output", arguments.output] if arguments.output else []
    return shlex.join([*words, "--resume"])
