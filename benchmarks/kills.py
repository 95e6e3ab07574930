"""Kills prepare, train, export and distill at random moments, resumes them, and compares with an undisturbed run.

    python benchmarks/kills.py --kills 20 --seed 1

It uses SIGKILL, which no program can handle. TensorFlow is imported once, and each command is a fork of this process.
The recipe is tiny. Prints a line for each kill, then the counts. The exit status is 1 if a result differs.
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
epochs = 3
batch_size = 16
score_sentences = 10
tensorboard = false
"""
# Outputs of each command that must be the same after a kill. Others contain times, or are for people.
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
    """Fork this process to run a command, and return the process id."""
    if child := os.fork():
        return child
    for stream in (1, 2):
        os.dup2(os.open(os.devnull, os.O_WRONLY), stream)
    status = 1
    try:
        status = main(command)
    finally:  # the fork must never run the rest of its parent's code
        os._exit(status)


def seconds_of(command: list[str]) -> float:
    started = time.monotonic()
    _, status = os.waitpid(start(command), 0)
    if status:
        raise SystemExit(f"{' '.join(command)}: wait status {status}")
    return time.monotonic() - started


def kill_at(command: list[str], moment: float) -> bool:
    """Kill a command after a time in seconds. Returns whether it was still running."""
    child = start(command)
    time.sleep(moment)
    os.kill(child, signal.SIGKILL)
    _, status = os.waitpid(child, 0)
    return os.WIFSIGNALED(status)


def digests(output: Path, kind: str) -> dict[str, str]:
    """Return the SHA-256 of the files to compare; for a Keras model, a zip file with times, that of its weights."""
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


def set_up(folder: Path) -> Path:
    """Write recipe and pairs, and train the teacher for distillation."""
    rows = [f"the {word} {thing} is here\t{thing} {word}" for word in WORDS for thing in THINGS]
    (folder / "pairs.tsv").write_text("\n".join(rows) + "\n", encoding="utf-8")
    (folder / "tiny.toml").write_text(RECIPE, encoding="utf-8")
    settings = ["--set", "training.epochs=30", "--set", "training.learning_rate=0.01"]
    seconds_of(["train", str(folder / "tiny.toml"), "--output", str(folder / "teacher"), "--quiet", *settings])
    return folder / "teacher"


def undisturbed(work: Path, teacher: Path) -> tuple[dict[str, float], dict[str, dict[str, str]]]:
    """Run the commands. Returns their times in seconds and their results."""
    duration, results = {}, {}
    for kind, command in commands(work, teacher).items():
        work.mkdir()
        duration[kind] = seconds_of(command)
        results[kind] = digests(work / "out", kind)
        shutil.rmtree(work)
    return duration, results


def disturbed(work: Path, command: list[str], kind: str, moment: float) -> tuple[bool, int, dict[str, str]]:
    """Kill a command and run it again.

    Returns:
        Whether it was killed, the number of entries in its output at this moment, and the result of running it again.
    """
    work.mkdir()
    was_killed = kill_at(command, moment)
    left = len(list(work.glob("out/*")))
    if kind != "export" or not (work / "out").exists():  # a bundle is complete or absent
        seconds_of(command)
    result = digests(work / "out", kind)
    shutil.rmtree(work)
    return was_killed, left, result


def run() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--kills", type=int, default=20)
    parser.add_argument("--seed", type=int, default=1)
    given = parser.parse_args()
    quiet_tensorflow()
    import keras  # noqa: F401 (once for all forks)

    draw, killed, same = random.Random(given.seed), 0, 0
    with tempfile.TemporaryDirectory() as temporary:
        work = Path(temporary) / "work"  # the same for all, because a student's recipe has full paths of its data
        teacher = set_up(work.parent)
        duration, expected = undisturbed(work, teacher)
        for number in range(given.kills):
            kind = list(COMPARED)[number % len(COMPARED)]
            moment = draw.uniform(0, 0.9 * duration[kind])
            was_killed, left, result = disturbed(work, commands(work, teacher)[kind], kind, moment)
            wanted = expected[kind]
            differ = sorted(name for name in result | wanted if result.get(name) != wanted.get(name))
            killed, same = killed + was_killed, same + (not differ)
            print(
                f"{kind:8} {'killed' if was_killed else 'done before'} at {moment:5.1f} of {duration[kind]:5.1f} s, "
                f"{left} entries were there, {', '.join(['DIFFERENT', *differ]) if differ else 'bit-identical'}",
                flush=True,
            )
    print(f"{given.kills} runs, {killed} killed, {same} bit-identical after running the command again")
    return 0 if same == given.kills else 1


if __name__ == "__main__":
    sys.exit(run())
