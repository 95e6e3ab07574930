"""The Bible in Korean (개역한글판 of 1961) and English (King James Version), verse by verse; both are public domain.

The verses have the same numbers in both, except in 1 Samuel 30, Song of Solomon 6, 2 Corinthians 13 and 3 John. A verse
that is missing from the Korean Bible is "(없음)" there.
"""

import json
from collections.abc import Iterator, Sequence
from pathlib import Path

from seq2edge.pipeline.data.sources.archive import address, read_texts
from seq2edge.pipeline.data.sources.rows import FileRows

ARCHIVES = (
    address("bluesaurel/Korean-Bible-1961-KRV", "65cdce887b141581b45097163b4b224de4a332fa"),
    address("aruljohn/Bible-kjv", "a9aa4e55afbb3e095f57e4b14cd1f22c5ee8d7c9"),
)
FILE = "aligned.ko-en.tsv.gz"
BOOKS = "Books.json"  # the names of the books, in order
KOREAN = "data/"

Verses = dict[tuple[int, int], str]  # by chapter and verse


def build(archives: Sequence[Path]) -> FileRows:
    """Return rows (book, chapter, verse, Korean, English) of the verses that both Bibles have."""
    korean, english = (read_texts(archive, _is_wanted) for archive in archives)
    return {FILE: list(_rows(korean, english))}


def _is_wanted(path: str) -> bool:
    folder, _, name = path.rpartition("/")
    return folder in ("", KOREAN.rstrip("/")) and name.endswith(".json")


def _rows(korean: dict[str, str], english: dict[str, str]) -> Iterator[tuple[str, ...]]:
    for name in json.loads(english[BOOKS]):
        book = name.replace(" ", "")
        translated = _verses(korean[f"{KOREAN}{book}.json"])
        for (chapter, verse), text in _verses(english[f"{book}.json"]).items():
            if (chapter, verse) in translated:
                yield book, str(chapter), str(verse), translated[chapter, verse], text


def _verses(book: str) -> Verses:
    return {
        (int(chapter["chapter"]), int(verse["verse"])): verse["text"].strip()
        for chapter in json.loads(book)["chapters"]
        for verse in chapter["verses"]
    }
