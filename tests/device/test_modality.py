"""Decoding is independent of the modality of sources. A new modality only needs a processor."""

import re
from pathlib import Path

import pytest

DEVICE = Path(__file__).parents[2] / "device"
FILES = [*sorted((DEVICE / "search").glob("*.py")), DEVICE / "runners" / "seq2seq.py", DEVICE / "batching.py"]
MODALITY = re.compile(
    r"source_ids|input_features|pixel|audio|sound|speech|image|TextProcessor|processors\.text|source_tokenizer",
    re.IGNORECASE,
)


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.name)
def test_the_module_names_no_modality(path):
    lines = path.read_text(encoding="utf-8").splitlines()
    assert [line for line in lines if MODALITY.search(line)] == []
