"""A small corpus, for comparison with the command lines of other libraries."""

import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import pytest

from seq2edge.pipeline.evaluation.examples import Example

REFERENCES = [
    "the cat sat on the mat",
    "a dog runs in the park, quickly",
    "two people are walking along a street",
    "nobody knows what it is",
]
HYPOTHESES = [
    "the cat sat on a mat",
    "a dog runs in the park quickly",
    "two men walk along the street",
    "nobody knows what it is",
]


@dataclass(frozen=True)
class Corpus:
    references: Path
    hypotheses: Path
    texts: list[str]
    expected: list[Example]


@pytest.fixture
def corpus(tmp_path):
    for name, lines in (("references", REFERENCES), ("hypotheses", HYPOTHESES)):
        (tmp_path / name).write_text("\n".join(lines) + "\n", encoding="utf-8")
    expected = [Example("", (reference,)) for reference in REFERENCES]
    return Corpus(tmp_path / "references", tmp_path / "hypotheses", HYPOTHESES, expected)


@pytest.fixture
def output_of():
    """Run Python with arguments, and return its standard output."""

    def run(*command):
        return subprocess.run([sys.executable, *map(str, command)], capture_output=True, text=True, check=True).stdout

    return run
