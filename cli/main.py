"""The program `seq2edge`. Each command is a module that imports its dependencies only when it runs."""

import argparse
import contextlib
import importlib
import os
import sys
import traceback
from collections.abc import Sequence
from typing import Any

from seq2edge.cli.stop_signals import ending_in_order
from seq2edge.device.errors import CheckError, Terminated, UserError
from seq2edge.device.terminal import write

COMMANDS = (
    "init",
    "recipes",
    "quickstart",
    "prepare",
    "train",
    "distill",
    "ensemble",
    "evaluate",
    "compare",
    "export",
    "verify",
    "info",
    "bench",
    "run",
    "serve",
    "demo",
    "doctor",
)
# Long commands that write files. They shut down cleanly on Ctrl-C and SIGTERM.
LONG = ("init", "quickstart", "prepare", "train", "distill", "ensemble", "evaluate", "compare", "export")
MOST_SAID = 10_000  # characters shown of a message
DONE, CHECK_FAILED, WRONG_INPUT, INTERNAL_ERROR, INTERRUPTED, BROKEN_PIPE, TERMINATED = 0, 1, 2, 70, 130, 141, 143


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command and return the exit status. Without a command, show the help.

    Args:
        arguments: Command-line arguments without the name of the program; None: those of the process.

    Returns:
        0 if the command succeeded, 1 if a check failed, 2 if the input was wrong, 70 after an internal error, 130 after
        Ctrl-C, 141 if the reader of a long command's output has ended, and 143 if SIGTERM ended a long command.
    """
    for stream, errors in ((sys.stdin, "replace"), (sys.stdout, "backslashreplace"), (sys.stderr, "backslashreplace")):
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(errors=errors)  # for input and terminals that are not in UTF-8
    arguments = (sys.argv[1:] if arguments is None else arguments) or ["--help"]
    parsed = _parser(arguments).parse_args(arguments)
    try:
        with ending_in_order() if arguments[0] in LONG else contextlib.nullcontext():
            return parsed.run(parsed) or DONE
    except UserError as error:
        _tell(f"seq2edge: {_shortened(str(error))}")
        return status_of(error)
    except ModuleNotFoundError as error:
        if (error.name or "").startswith("seq2edge"):
            return internal_error()
        return _missing_module(error)
    except BrokenPipeError:  # the reader has closed the pipe, as in `| head`
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return BROKEN_PIPE if arguments[0] in LONG else DONE
    except OSError as error:
        return _system_refused(error) if error.strerror else internal_error()
    except KeyboardInterrupt as stop:
        _tell(f"\nseq2edge: {'terminated' if isinstance(stop, Terminated) else 'interrupted'}")
        return status_of(stop)
    except Exception:
        return internal_error()


def _tell(text: str) -> None:
    """Write to standard error, unless its reader has closed it."""
    with contextlib.suppress(BrokenPipeError):
        write(text, file=sys.stderr)


def _shortened(message: str) -> str:
    """Shorten a message that quotes very long input."""
    return message if len(message) <= MOST_SAID else f"{message[:MOST_SAID]}…"


def status_of(end: BaseException) -> int:
    """Exit status after a `UserError`, a failed check or a signal."""
    if isinstance(end, KeyboardInterrupt):
        return TERMINATED if isinstance(end, Terminated) else INTERRUPTED
    return CHECK_FAILED if isinstance(end, CheckError) else WRONG_INPUT


def _parser(arguments: Sequence[str]) -> argparse.ArgumentParser:
    """Build the parser of the given command, or of all commands if the arguments do not start with one."""
    parser = argparse.ArgumentParser(
        prog="seq2edge",
        description="Train models on pairs of texts, and run them on small devices.",
    )
    parser.add_argument("--version", action=_Version, nargs=0, help="show the version and exit")
    commands = parser.add_subparsers(metavar="COMMAND", required=True)
    for name in [name for name in COMMANDS if name in arguments[:1]] or COMMANDS:
        module = importlib.import_module(f"seq2edge.cli.{name}")
        command = commands.add_parser(
            name,
            help=module.HELP,
            description=f"{module.HELP}\n\nexamples:\n{module.EXAMPLES}",
            formatter_class=argparse.RawDescriptionHelpFormatter,
        )
        module.add_arguments(command)
        command.set_defaults(run=module.run)
    return parser


class _Version(argparse.Action):
    def __call__(self, parser: argparse.ArgumentParser, *_: Any) -> None:
        from importlib.metadata import version  # takes 4 MB of memory, and only this action needs it

        write(f"seq2edge {version('seq2edge')}")
        parser.exit()


def _missing_module(error: ModuleNotFoundError) -> int:
    """Print which extra the command needs, and return the exit status."""
    missing = (error.name or "").split(".")[0]
    extras = {"gradio": "demo", "fastapi": "serve", "uvicorn": "serve", "numpy": "device", "sentencepiece": "device"}
    extra = extras.get(missing, "train")
    _tell(f"seq2edge: {missing} is not installed; this command needs: pip install 'seq2edge[{extra}]'")
    return WRONG_INPUT


def _system_refused(error: OSError) -> int:
    """Print the message of the system, such as "No space left on device", with the name of the file."""
    place = f"{error.filename}: " if error.filename else ""
    _tell(f"seq2edge: {place}{error.strerror}")
    return WRONG_INPUT


def internal_error() -> int:
    """Print the traceback of an internal error, and return the exit status."""
    _tell(f"{traceback.format_exc()}seq2edge: internal error; please report it with the lines above")
    return INTERNAL_ERROR


if __name__ == "__main__":
    sys.exit(main())
