"""Attack on recipes: `prepare`, and other commands that read a recipe, with unexpected values."""

import copy
import random
import tomllib
from itertools import product
from pathlib import Path
from typing import Any

import tomli_w

from tests.attack.harness import Case, Finding, call, check_kept, contents, judge
from tests.attack.mutations import VALUES, change, damaged
from tests.conftest import THINGS, TINY, TINY_CLASSIFIER, WORDS

SHARE = 0.25
WORDED = list(product(WORDS, THINGS))
IN_TOML = [value for value in VALUES if value is not None and value != {"x": None} and value != "\ud800"]
IN_TOML = [value for value in IN_TOML if isinstance(value, bool) or not isinstance(value, int) or abs(value) < 1 << 63]
PATHS = ["pairs.tsv", "../pairs.tsv", "/dev/zero", "/dev/null", "missing.tsv", ".", "", "smalltalk", "pairs.tsv\x00"]
PATHS += [
    "http://[bad",
    "http://127.0.0.1:9/a.zip",
    "file:///etc/hostname",
    "ftp://x",
    "https://u:secret@127.0.0.1:9/a",
]
BASES = ["attack", "attack.toml", "quickstart", "missing", "../x.toml", "/dev/zero", "x" * 300, "a\x00", 5, ["a"]]
KEYS = [
    "training.epochs",
    "model.units",
    "data.valid",
    "tokenizer.vocabulary",
    "data.files",
    "model",
    "x",
    "",
    ".",
    "a.b.c",
]
SETTINGS = [
    "=",
    "model.units",
    "model.units=",
    "model.units=1=2",
    "=1",
    "x" * 5000,
    'data.files=[{path="x"',
    "a.b=[[[[",
]


def start(workspace: Path, options: object) -> None:
    """Nothing is shared."""


def attack(state: None, case: Case) -> str:
    draw, folder = case.draw, case.folder
    for name, target in (("pairs.tsv", "{thing} {word}"), ("labels.tsv", "{word}")):
        rows = [f"the {{word}} {{thing}} is here\t{target}\n".format(word=word, thing=thing) for word, thing in WORDED]
        (folder / name).write_text("".join(rows), encoding="utf-8")
    (folder / "attack.toml").write_bytes(_recipe(draw))
    output = folder / "run"
    if draw.random() < 0.5:
        output.mkdir()
        (output / "notes.txt").write_text("mine", encoding="utf-8")
    before = contents(folder)
    answer = call("prepare", folder / "attack.toml", "--output", output, "--quiet", *_options(draw))
    outcome = judge(answer)
    check_kept(before, folder)
    if "secret" in answer.err:
        raise Finding(f"it shows a password: {answer.err[:300]!r}")
    if answer.status and (output / "data").exists():
        raise Finding("data of a refused recipe are left behind")
    return outcome


def _options(draw: random.Random) -> list[str]:
    if draw.random() < 0.8:
        return []
    setting = f"{draw.choice(KEYS)}={draw.choice(IN_TOML)}" if draw.random() < 0.5 else draw.choice(SETTINGS)
    return ["--set", setting.replace("\x00", "")]


def _recipe(draw: random.Random) -> bytes:
    text = draw.choice([TINY.format(task=draw.choice(["translation", "chat", "code"]), epochs=1), TINY_CLASSIFIER])
    if draw.random() < 0.2:
        return damaged(text.encode(), draw)
    values = tomllib.loads(text)
    if draw.random() < 0.1:
        values["data"]["files"][0]["path"] = draw.choice(PATHS)
    if draw.random() < 0.1:
        values["base"] = draw.choice(BASES)
    if draw.random() < 0.4:
        _deeper(values, draw)
    if draw.random() < 0.6:
        _numbers(values, draw)
    if draw.random() < 0.3:  # nothing but numbers of the right types
        return tomli_w.dumps(values).encode()
    for _ in range(draw.choice([0, 0, 0, 1, 1, 2, 5])):
        change(values, draw, IN_TOML)
    return tomli_w.dumps(values).encode("utf-8", "surrogatepass")


def _numbers(values: dict[str, Any], draw: random.Random) -> None:
    """Other numbers of the right types, small or large."""
    for section in draw.sample(["data", "tokenizer", "model", "training"], 2):
        for key, value in values[section].items():
            if isinstance(value, bool) or not isinstance(value, int | float) or draw.random() < 0.7:
                continue
            values[section][key] = type(value)(value * draw.choice([0.1, 0.5, 0.9, 1.1, 2, 3, 100, 1e6]))


def _deeper(values: dict[str, Any], draw: random.Random) -> None:
    """Keys that a small recipe does not have."""
    section, key = draw.choice(
        [
            ("model", "encoder"),
            ("model", "decoder"),
            ("data", "normalisation"),
            ("data", "max_characters"),
            ("data", "max_length_ratio"),
            ("tokenizer", "samples"),
            ("tokenizer", "target_vocabulary"),
            ("tokenizer", "model_type"),
            ("training", "average"),
            ("training", "precision"),
            ("training", "stop_on"),
            ("training", "seed"),
            ("decoding", "beam"),
            ("export", "beam_sizes"),
            ("export", "quantize"),
        ]
    )
    values.setdefault(section, {})[key] = copy.deepcopy(draw.choice(IN_TOML))
    files = values["data"]["files"][0]
    if draw.random() < 0.3:
        keys = ["source", "target", "format", "encoding", "delimiter", "header", "weight", "split", "member", "sha256"]
        files[draw.choice(keys)] = copy.deepcopy(draw.choice(IN_TOML))
