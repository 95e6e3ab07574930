"""The bundled everyday sentences in Korean and English, written for this project (CC0)."""

from collections.abc import Iterator
from pathlib import Path

from seq2edge.pipeline.data.readers import Pair

FOLDER = Path(__file__).parents[1] / "corpora" / "phrases"
TEST = "test"  # file of sentences that were written independently of the others


def topic_files() -> list[Path]:
    """Return the files for training, one for each topic."""
    return sorted(path for path in FOLDER.glob("*.tsv") if path.stem != TEST)


def phrase_pairs() -> Iterator[Pair]:
    """Yield each Korean sentence for training with its English translation."""
    for path in topic_files():
        yield from _read(path)


def independent_phrase_pairs() -> Iterator[Pair]:
    """Yield each Korean sentence of the independent test with its English translation."""
    return _read(FOLDER / f"{TEST}.tsv")


def _read(path: Path) -> Iterator[Pair]:
    for line in path.read_text(encoding="utf-8").splitlines():
        korean, english = line.split("\t")
        yield Pair(korean, english)
