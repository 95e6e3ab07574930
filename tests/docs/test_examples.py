"""The examples in docstrings and pages run and print the output shown."""

import doctest
import importlib
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
ROOMS = ("api", "device", "models", "pipeline", "export")
MODULES = sorted(
    path for room in ROOMS for path in (ROOT / room).rglob("*.py") if ">>> " in path.read_text(encoding="utf-8")
)
CLASSIFIER = "bundles/colours-int8"
PAGES = sorted(path for path in (ROOT / "docs").rglob("*.md") if ">>> " in path.read_text(encoding="utf-8"))
FLAGS = doctest.ELLIPSIS | doctest.NORMALIZE_WHITESPACE


def name(path):
    parts = path.relative_to(ROOT).with_suffix("").parts
    return ".".join(("seq2edge", *(part for part in parts if part not in ("api", "__init__"))))


@pytest.mark.parametrize("path", MODULES, ids=name)
def test_examples_of_docstrings_run(path, request, shipped, monkeypatch, tmp_path):
    monkeypatch.chdir(tmp_path)
    if CLASSIFIER in path.read_text(encoding="utf-8"):
        Path("bundles").mkdir()
        Path(CLASSIFIER).symlink_to(request.getfixturevalue("classifier_bundles") / "int8")
    module = importlib.import_module(name(path))
    tests = [test for test in doctest.DocTestFinder().find(module) if test.examples]
    assert tests
    for test in tests:
        report = []
        doctest.DocTestRunner(verbose=False, optionflags=FLAGS).run(test, out=report.append)
        assert not report, "".join(report)


@pytest.mark.parametrize("path", PAGES, ids=lambda path: path.stem)
def test_examples_of_pages_run(path, shipped, monkeypatch, tmp_path):
    monkeypatch.chdir(tmp_path)
    text = re.sub("^```.*$", "", path.read_text(encoding="utf-8"), flags=re.MULTILINE)
    test = doctest.DocTestParser().get_doctest(text, {}, path.stem, None, 0)
    report = []
    doctest.DocTestRunner(verbose=False, optionflags=FLAGS).run(test, out=report.append)
    assert not report, "".join(report)
