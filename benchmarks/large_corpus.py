"""Measures memory and speed with millions of pairs: prepares the data and trains 200 steps, in separate processes.

    python benchmarks/large_corpus.py --pairs 5000000

The pairs are artificial: sentences of 3 to 20 words drawn from 50,000 by Zipf's law, and the same words spelt
backwards.
"""

import argparse
import json
import subprocess
import sys
import threading
import time
from pathlib import Path

import numpy as np

WORDS = 50_000
CHUNK = 100_000
RECIPE = """
name = "large"
task = "translation"
[[data.files]]
path = "pairs.tsv"
[tokenizer]
vocabulary = 8000
[model]
units = 256
embedding = 256
[training]
epochs = 1
steps_per_epoch = 200
score_sentences = 0
stop_on = "loss"
tensorboard = false
[data]
valid = 0.0005
test = 0.0005
"""


def write_pairs(path: Path, pairs: int, seed: int = 1) -> None:
    random = np.random.default_rng(seed)
    letters = np.array(list("aaabcdeeeefghiijklmnoooprstuuvwyz"))
    words = ["".join(random.choice(letters, random.integers(2, 10))) for _ in range(WORDS)]
    backwards = [word[::-1] for word in words]
    share = 1 / np.arange(1, WORDS + 1)
    below = np.cumsum(share / share.sum())
    with path.open("w", encoding="utf-8") as file:
        for start in range(0, pairs, CHUNK):
            for length in random.integers(3, 21, min(CHUNK, pairs - start)):
                chosen = np.searchsorted(below, random.random(length))
                file.write(" ".join(words[i] for i in chosen) + "\t" + " ".join(backwards[i] for i in chosen) + "\n")


def run(*arguments: str) -> tuple[float, float, float]:
    """Run a seq2edge command.

    Returns:
        Time in seconds, peak resident memory in GB, and peak memory without mapped files in GB. The system keeps as
        many pages of mapped files as fit into memory.
    """
    started = time.monotonic()
    process = subprocess.Popen([sys.executable, "-m", "seq2edge.cli.main", *arguments])
    resident = own = 0.0

    def watch() -> None:
        nonlocal resident, own
        while process.poll() is None:
            fields = dict(line.split(":", 1) for line in status.read_text().splitlines())
            resident = max(resident, int(fields.get("VmRSS", "0 kB").split()[0]) / 1e6)
            own = max(own, int(fields.get("RssAnon", "0 kB").split()[0]) / 1e6)
            time.sleep(0.2)

    status = Path(f"/proc/{process.pid}/status")
    watcher = threading.Thread(target=watch)
    watcher.start()
    if process.wait() != 0:
        sys.exit(f"seq2edge {' '.join(arguments)} failed")
    watcher.join()
    return time.monotonic() - started, resident, own


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--pairs", type=int, default=5_000_000)
    parser.add_argument("--output", type=Path, default=Path("runs/large"))
    arguments = parser.parse_args()
    arguments.output.mkdir(parents=True, exist_ok=True)
    recipe, pairs = arguments.output / "recipe.toml", arguments.output / "pairs.tsv"
    recipe.write_text(RECIPE, encoding="utf-8")
    if not pairs.is_file():
        temporary = pairs.with_suffix(".tmp")
        write_pairs(temporary, arguments.pairs)
        temporary.replace(pairs)
    folder = str(arguments.output / "run")
    preparing, prepare_resident, prepare_own = run("prepare", str(recipe), "--output", folder, "--overwrite")
    training, train_resident, train_own = run("train", str(recipe), "--output", folder)
    row = {
        "pairs": arguments.pairs,
        "prepare_lines_per_s": round(arguments.pairs / preparing),
        "prepare_gb": round(prepare_resident, 2),
        "prepare_gb_without_files": round(prepare_own, 2),
        "train_s": round(training, 1),
        "train_gb": round(train_resident, 2),
        "train_gb_without_files": round(train_own, 2),
    }
    print(json.dumps(row))


if __name__ == "__main__":
    main()
