"""Kill prepare, train, export and distill at random moments, resume, and compare with what nobody disturbed.

    python benchmarks/kills.py --kills 20 --seed 1

SIGKILL, which no program can answer. TensorFlow is imported once; each command is a fork of this process. The recipe is
tiny. Prints a line for each kill, then the counts; exit status 1 if a result differs.
"""

import argparse
import hashlib
import os
import random
import shutil
import signal
import sys
import tempfile
import time
from collections import Counter
from pathlib import Path

from seq2edge.cli.keras_setup import quiet_tensorflow
from seq2edge.cli.main import main

WORDS = ["red", "blue", "green", "small", "large", "old", "new", "fast", "slow", "warm", "cold", "quiet"]
THINGS = ["stone", "river", "house", "garden", "window", "table", "letter", "song"]
RECIPE = """
name = "tiny"
task = "translation"
[data]
valid = 0.1
test = 0.1
[[data.files]]
path = "pairs.tsv"
[tokenizer]
model_type = "bpe"
vocabulary = 370
[model]
units = 32
embedding = 32
source_length = 24
target_length = 24
[training]
epochs = 4
batch_size = 16
score_sentences = 10
tensorboard = false
"""
# What a command writes: names that must be the same after a kill. The rest has times, or is for people.
COMPARED = {
    "prepare": ("data/**/*",),
    "train": ("data/**/*", "model.keras", "samples.txt"),
    "export": ("model.tflite", "*.model", "vectors.json"),
    "distill": ("data/**/*", "model.keras", "samples.txt"),
}


def commands(folder: Path, teacher: Path) -> dict[str, list[str]]:
    recipe, output = str(folder.parent / "tiny.toml"), str(folder / "out")
    return {
        "prepare": ["prepare", recipe, "--output", output, "--quiet"],
        "train": ["train", recipe, "--output", output, "--resume", "--quiet"],
        "export": ["export", str(teacher), "--output", output, "--quantize", "int8"],
        "distill": ["distill", str(teacher), recipe, "--output", output, "--resume", "--quiet"],
    }


def start(command: list[str]) -> int:
    """A fork of this process that runs a command; its process id."""
    if child := os.fork():
        return child
    for stream in (1, 2):
        os.dup2(os.open(os.devnull, os.O_WRONLY), stream)
    os._exit(main(command))


def seconds_of(command: list[str]) -> float:
    started = time.monotonic()
    _, status = os.waitpid(start(command), 0)
    if status:
        raise SystemExit(f"{' '.join(command)}: wait status {status}")
    return time.monotonic() - started


def kill_at(command: list[str], moment: float) -> bool:
    """Whether the command was still running at that moment, and was killed."""
    child = start(command)
    time.sleep(moment)
    os.kill(child, signal.SIGKILL)
    _, status = os.waitpid(child, 0)
    return os.WIFSIGNALED(status)


def digests(output: Path, kind: str) -> dict[str, str]:
    """SHA-256 of the files to compare; of a Keras model, which is a zip file with the time, that of its weights."""
    paths = {path for pattern in COMPARED[kind] for path in output.glob(pattern) if path.is_file()}
    return {str(path.relative_to(output)): hashlib.sha256(content(path)).hexdigest() for path in sorted(paths)}


def content(path: Path) -> bytes:
    if path.suffix != ".keras":
        return path.read_bytes()
    import zipfile

    import h5py

    with zipfile.ZipFile(path) as archive, h5py.File(archive.open("model.weights.h5")) as weights:
        found: list[bytes] = []
        weights.visititems(
            lambda name, item: found.append(name.encode() + (item[()].tobytes() if hasattr(item, "dtype") else b""))
        )
    return b"".join(found)


def run() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--kills", type=int, default=20)
    parser.add_argument("--seed", type=int, default=1)
    given = parser.parse_args()
    quiet_tensorflow()
    import keras  # noqa: F401 (once for all forks)

    draw, counts = random.Random(given.seed), Counter()
    with tempfile.TemporaryDirectory() as temporary:
        folder = Path(temporary)
        rows = [f"the {word} {thing} is here\t{thing} {word}" for word in WORDS for thing in THINGS]
        (folder / "pairs.tsv").write_text("\n".join(rows) + "\n", encoding="utf-8")
        (folder / "tiny.toml").write_text(RECIPE, encoding="utf-8")
        teacher = folder / "teacher"
        learned = [
            "--set",
            "training.epochs=30",
            "--set",
            "training.learning_rate=0.01",
        ]  # its answers are training data
        seconds_of(["train", str(folder / "tiny.toml"), "--output", str(teacher), "--quiet", *learned])
        undisturbed, duration = {}, {}
        for kind, command in commands(folder / "undisturbed", teacher).items():
            shutil.rmtree(folder / "undisturbed", ignore_errors=True)
            (folder / "undisturbed").mkdir()
            duration[kind] = seconds_of(command)
            undisturbed[kind] = digests(folder / "undisturbed" / "out", kind)
        for number in range(given.kills):
            kind = list(COMPARED)[number % len(COMPARED)]
            work = folder / f"killed-{number}"
            work.mkdir()
            command, moment = commands(work, teacher)[kind], draw.uniform(0, duration[kind])
            was_killed = kill_at(command, moment)
            left = sorted(path.name for path in work.glob("out/*"))
            if kind == "export" and (work / "out").exists():  # a bundle is whole or absent
                is_same = digests(work / "out", kind) == undisturbed[kind]
            else:
                seconds_of(command)
                is_same = digests(work / "out", kind) == undisturbed[kind]
            counts[kind, was_killed, is_same] += 1
            state = "killed" if was_killed else "done before"
            print(
                f"{kind:8} {state} at {moment:5.1f} of {duration[kind]:5.1f} s, {len(left)} entries were there, "
                f"{'bit-identical' if is_same else 'DIFFERENT'}",
                flush=True,
            )
            shutil.rmtree(work)
    same = sum(number for (_, _, is_same), number in counts.items() if is_same)
    killed = sum(number for (_, was_killed, _), number in counts.items() if was_killed)
    print(f"{given.kills} runs, {killed} killed, {same} bit-identical after the command was given again")
    return 0 if same == given.kills else 1


if __name__ == "__main__":
    sys.exit(run())
