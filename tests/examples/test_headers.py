"""Every example starts with a comment that says what it shows and how to use it."""

import re
from pathlib import Path

import pytest

EXAMPLES = Path(__file__).parents[2] / "examples"
COMMENT = {
    "kt": "//",
    "swift": "//",
    "cc": "//",
    "mjs": "//",
    "html": "<!--",
    "txt": "#",
    "service": "#",
    "py": '"""',
}
FILES = sorted(
    path
    for path in EXAMPLES.rglob("*.*")
    if path.suffix[1:] in COMMENT and path.name != "requirements.txt" and "__pycache__" not in path.parts
)
DOCS = "\n".join(path.read_text(encoding="utf-8") for path in (EXAMPLES.parent / "docs").rglob("*.md"))


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.name)
def test_every_example_has_a_header_and_is_documented(path):
    first = path.read_text(encoding="utf-8").splitlines()[0]
    assert first.startswith(COMMENT[path.suffix[1:]])
    assert len(first) > 40
    described = [*path.parent.glob("README.md")] or re.search(
        rf"examples/{path.parent.name}/{re.escape(path.name)}", DOCS
    )
    assert described
