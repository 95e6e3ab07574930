"""Pages, docstrings and messages do not use the words listed in docs/words.yml."""

import re
from pathlib import Path

import pytest

yaml = pytest.importorskip("yaml")
ROOT = Path(__file__).parents[2]
RULES = yaml.safe_load((ROOT / "docs" / "words.yml").read_text(encoding="utf-8"))["rules"]
ROOMS = ("api", "benchmarks", "cli", "device", "examples", "export", "models", "pipeline", "tests")
FILES = [
    *ROOT.glob("*.md"),
    *(ROOT / "docs").rglob("*.md"),
    *(path for room in ROOMS for path in (ROOT / room).rglob("*.py") if path != Path(__file__)),
]


def pattern(rule):
    """The regular expression of a rule, which is written as in JavaScript."""
    expression, flags = re.fullmatch(r"/(.*)/(i?)", rule["pattern"]).groups()
    return re.compile(expression, re.IGNORECASE if flags else 0)


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule["pattern"])
def test_words_to_avoid_are_not_used(rule):
    found = [
        f"{path.relative_to(ROOT)}:{number}: {line.strip()}"
        for path in FILES
        for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1)
        if pattern(rule).search(line)
    ]
    assert found == [], f"write: {rule['expected']}"
