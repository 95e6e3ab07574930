"""What all surfaces of the attack share: a folder for each case, a call of the command line, and what is a finding."""

import contextlib
import io
import random
import re
import sys
import time
import warnings
from dataclasses import dataclass
from pathlib import Path

from seq2edge.cli.main import main
from seq2edge.device.terminal import CONTROL_CODE

CANARY = "canary-7f3a9c"  # a text in a file that no case has a reason to read
OUTCOMES = {0: "done", 1: "check failed", 2: "refused"}


class Finding(Exception):  # noqa: N818 (it is no error of the attack)
    """Something that must not happen."""


@dataclass(frozen=True)
class Case:
    """One case: a function of surface, seed and number.

    Attributes:
        folder: An empty folder for this case only.
        draw: Random numbers, the same in each run.
        canary: A file outside the folder.
    """

    folder: Path
    draw: random.Random
    canary: Path

    @classmethod
    def of(cls, surface: str, seed: int, number: int, workspace: Path) -> "Case":
        folder = workspace / f"{surface}-{number}" / "case"
        folder.mkdir(parents=True)
        canary = folder.parent / "canary.txt"
        canary.write_text("".join(f"{CANARY} {i}\t{CANARY} {i}\n" for i in range(40)), encoding="utf-8")
        return cls(folder, random.Random(f"{surface} {seed} {number}"), canary)


@dataclass(frozen=True)
class Answer:
    """Status and output of a command."""

    arguments: tuple[str, ...]
    status: int
    out: str
    err: str
    seconds: float


def call(*arguments: object, stdin: bytes = b"") -> Answer:
    """Run a command in this process."""
    words = tuple(map(str, arguments))
    out, err, before = Stream(), Stream(), sys.stdin
    sys.stdin = io.TextIOWrapper(io.BytesIO(stdin), "utf-8")
    started = time.monotonic()
    try:
        with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err), warnings.catch_warnings():
            warnings.simplefilter("always")
            status = main(words)
    except SystemExit as end:
        status = end.code if isinstance(end.code, int) else 2
    finally:
        sys.stdin = before
    return Answer(words, status, out.text, err.text, time.monotonic() - started)


class Stream(io.TextIOWrapper):
    """Standard output or error of a command: strict UTF-8, as on a terminal."""

    def __init__(self):
        super().__init__(io.BytesIO(), "utf-8", write_through=True, newline="")

    @property
    def text(self) -> str:
        return self.buffer.getvalue().decode("utf-8")


def judge(answer: Answer) -> str:
    """The outcome of a command.

    Raises:
        Finding: If it is not one of those that a command may have.
    """
    said = f"{answer.out}\n{answer.err}"
    if answer.status not in OUTCOMES or "Traceback" in said:
        raise Finding(f"status {answer.status}: {' '.join(answer.err.split())[-600:]}")
    if "Warning:" in said:
        raise Finding(f"a warning of a library: {answer.err[:600]!r}")
    if code := CONTROL_CODE.search(said):
        raise Finding(f"the control code {code[0]!r} reaches the terminal: {said[max(0, code.start() - 80) :][:160]!r}")
    if CANARY in said:
        raise Finding(f"it reads outside the folder: {said[:300]!r}")
    if answer.status == 2 and not re.search(r"^(seq2edge: \S|usage: )", answer.err, re.MULTILINE):
        raise Finding(f"it refuses without a reason: {answer.err[:300]!r}")
    if answer.status == 2 and len(said) > 20_000:
        raise Finding(f"a reason of {len(said):,} characters: {said[:200]!r}")
    return OUTCOMES[answer.status]


def contents(folder: Path) -> dict[str, bytes]:
    """The files of a folder and their content."""
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def check_kept(before: dict[str, bytes], folder: Path) -> None:
    """Raise a finding if a file was changed or removed. New files are allowed."""
    now = contents(folder)
    if lost := [name for name, content in before.items() if now.get(name) != content]:
        raise Finding(f"what was there is lost: {', '.join(lost[:5])}")
