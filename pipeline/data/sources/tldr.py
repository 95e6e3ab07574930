"""Korean and English manual pages of tldr-pages (CC BY 4.0), sentence by sentence.

A page is used if both languages have the same number of examples. An example is used if its command is the same apart
from the names in {{placeholders}}. If both descriptions have the same number of lines, their first lines are a pair.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from hashlib import sha1
from pathlib import Path

from seq2edge.pipeline.data.sources.archive import address, read_texts
from seq2edge.pipeline.data.sources.rows import FileRows

ARCHIVES = (address("tldr-pages/tldr", "08e345f42639f67d99282813247ac670dc6e87cb"),)
FILES = {"train": "ko-en.train.tsv.gz", "valid": "ko-en.valid.tsv.gz", "test": "ko-en.test.tsv.gz"}
KOREAN, ENGLISH = "pages.ko/", "pages/"
LINKS = ("More information", "더 많은 정보", "관련 항목")  # beginnings of description lines that refer elsewhere
PLACEHOLDER = re.compile(r"\{\{.*?\}\}")
HANGUL = re.compile("[가-힣]")
TEST, VALID = 4, 8  # a hash of the page's path gives 0 to 99: below the first is test, below the second validation


@dataclass(frozen=True)
class _Page:
    """The lines of a page by their kind."""

    description: list[str]
    examples: list[str]
    commands: list[str]


def build(archives: Sequence[Path]) -> FileRows:
    """Return rows (Korean, English) of each file. No text of training is in validation or test."""
    texts = read_texts(archives[0], lambda path: path.startswith((KOREAN, ENGLISH)) and path.endswith(".md"))
    rows: dict[str, list[tuple[str, ...]]] = {split: [] for split in FILES}
    seen = set()
    for path in sorted(path.removeprefix(KOREAN) for path in texts if path.startswith(KOREAN)):
        if ENGLISH + path not in texts:
            continue
        for row in _pairs(_parse(texts[KOREAN + path]), _parse(texts[ENGLISH + path])):
            korean, english = (" ".join(text.split()) for text in row)
            if (korean, english) not in seen and HANGUL.search(korean):
                seen.add((korean, english))
                rows[_split(path)].append((korean, english))
    trained = {(side, text) for row in rows["train"] for side, text in enumerate(row)}
    for split in ("valid", "test"):
        rows[split] = [row for row in rows[split] if not trained & set(enumerate(row))]
    return {FILES[split]: rows[split] for split in FILES}


def _parse(text: str) -> _Page:
    lines = [line.strip() for line in text.splitlines()]
    return _Page(
        description=[line for row in lines if row.startswith(">") and not (line := row[1:].strip()).startswith(LINKS)],
        examples=[line[2:].strip() for line in lines if line.startswith("- ")],
        commands=[line[1:-1] for line in lines if len(line) > 1 and line[0] == line[-1] == "`"],
    )


def _pairs(korean: _Page, english: _Page) -> Iterator[tuple[str, str]]:
    """Yield the sentences of two pages that are translations of each other."""
    sizes = {len(part) for page in (korean, english) for part in (page.examples, page.commands)}
    if len(sizes) > 1:
        return
    if korean.description and len(korean.description) == len(english.description):
        yield korean.description[0], english.description[0]
    commands = zip(korean.commands, english.commands, strict=True)
    same = [PLACEHOLDER.sub("{{}}", first) == PLACEHOLDER.sub("{{}}", second) for first, second in commands]
    for is_same, *row in zip(same, korean.examples, english.examples, strict=True):
        if is_same:
            yield row[0].rstrip(":"), row[1].rstrip(":")


def _split(path: str) -> str:
    place = int(sha1(path.encode()).hexdigest(), 16) % 100
    return "test" if place < TEST else "valid" if place < VALID else "train"
