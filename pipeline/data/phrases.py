"""The bundled everyday sentences in Korean and English, written for this project (CC0)."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

from seq2edge.pipeline.data.readers import Pair

FOLDER = Path(__file__).parents[1] / "corpora" / "phrases"
TEST = FOLDER / "test.tsv"  # sentences that were written independently of the others


def topic_files() -> list[Path]:
    """Return the files for training, one for each topic."""
    return sorted(set(FOLDER.glob("*.tsv")) - {TEST})


def phrase_pairs(is_test: bool = False, is_reversed: bool = False) -> Iterator[Pair]:
    """Yield Korean sentences with their English translations.

    All sentences with the same translation, in both directions, belong to the same split.

    Args:
        is_test: Whether to yield the sentences of the independent test instead of those for training.
        is_reversed: Whether the English sentences are the sources.
    """
    for path in [TEST] if is_test else topic_files():
        for line in path.read_text(encoding="utf-8").splitlines():
            korean, english = line.split("\t")
            pair = Pair(korean, english, split_key=english)
            yield replace(pair, source=english, target=korean) if is_reversed else pair
