"""Attack on `run`: unexpected lines and options."""

import json
import math
import random
from pathlib import Path
from typing import Any

from seq2edge.device.search.options import OPTIONS
from tests.attack.harness import Case, Finding, call, judge
from tests.attack.mutations import CONTROLS, damaged

SHARE = 0.2
NUMBERS = [
    "0",
    "1",
    "2",
    "-1",
    "5",
    "64",
    "65",
    "1e308",
    "1e-300",
    "inf",
    "-inf",
    "nan",
    "0.5",
    "9" * 30,
    "",
    "x",
    "1_0",
]
TEXTS = [
    "",
    "a",
    "Good morning!",
    "x" * 20_001,
    "가" * 3000,
    "\u200b",
    "\udcff",
    "\x1b[2J",
    "a\nb",
    "-",
    "{}",
    "▁",
    "<s>",
]
LINES = [text.encode("utf-8", "surrogateescape") for text in TEXTS if "\n" not in text]
LINES += [b"good morning", "심심해".encode(), b"good morning " * 500, "ﷺ".encode() * 900, "e\u0301".encode() * 2000]
LINES += [b"what is your name and how old are you?", b"\xff" * 50, b"(" * 500, b"a" * 3000, b". " * 2000, b"\\u0000"]


def start(workspace: Path, options: Any) -> list[Path]:
    return list(options.bundles)


def attack(state: list[Path], case: Case) -> str:
    draw = case.draw
    lines = [_line(draw) for _ in range(draw.choice([0, 1, 2, 4]))]
    ended = draw.random() < 0.8
    stdin = b"".join(line + b"\n" for line in lines[:-1]) + (lines[-1] + b"\n" * ended if lines else b"")
    wanted = stdin.count(b"\n") + (not stdin.endswith(b"\n") and bool(stdin))
    flags, options = draw.choice([[], [], ["--json"], ["--inspect"], ["--quiet"]]), _options(draw)
    answer = call("run", draw.choice(state), *flags, *options, stdin=stdin)
    outcome = judge(answer)
    if answer.status == 0 and "--n-best" not in options:
        said = answer.out.split("\n")[:-1]
        if len(said) != wanted:
            raise Finding(f"{len(said)} lines of output for {wanted} of input")
        if flags and flags != ["--quiet"]:
            _check_numbers([json.loads(line) for line in said])
    return outcome


def _check_numbers(value: Any) -> None:
    if isinstance(value, float) and not math.isfinite(value):
        raise Finding(f"JSON with {value}, which is no number there")
    for inner in value.values() if isinstance(value, dict) else value if isinstance(value, list) else ():
        _check_numbers(inner)


def _line(draw: random.Random) -> bytes:
    line = draw.choice(LINES)
    if draw.random() < 0.4:
        line = damaged(line, draw)[:60_000]
    elif draw.random() < 0.3:
        line += draw.choice(CONTROLS) + draw.choice(LINES)
    return line.replace(b"\n", b" ")


def _options(draw: random.Random) -> list[str]:
    words: list[str] = []
    for option in draw.sample(list(OPTIONS.values()), draw.choice([0, 0, 1, 1, 2, 4])):
        if option.type is bool:
            words.append(option.flag)
        else:
            value = draw.choice(NUMBERS if option.type in (int, float) else TEXTS)
            words.append(f"{option.flag}={value}")
            if option.name == "n_best":
                words.append("--n-best=1")
    return [word.replace("\x00", "") for word in words]
