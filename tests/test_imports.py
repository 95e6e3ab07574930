"""Who may import whom, and that a new file is importable at all."""

import ast
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
ALLOWED = {
    "device": set(),
    "models": set(),
    "pipeline": {"models", "device"},
    "export": {"pipeline", "models", "device"},
    "demo": {"device"},
}
FORBIDDEN_IN_DEVICE = {"tensorflow", "keras", "tensorflow_text", "keras_nlp", "tqdm", "pydantic"}
FILES = [path for room in (*ALLOWED, "cli") for path in sorted((ROOT / room).glob("*.py"))]


def imported(path):
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            yield node.module


@pytest.mark.parametrize(
    "path", [p for p in FILES if p.parent.name in ALLOWED], ids=lambda p: f"{p.parent.name}/{p.name}"
)
def test_imports_go_in_one_direction(path):
    room = path.parent.name
    ours = {name.split(".")[1] for name in imported(path) if name.startswith("seq2edge.")}
    assert ours - {room} <= ALLOWED[room]
    if room == "device":
        assert not {name.split(".")[0] for name in imported(path)} & FORBIDDEN_IN_DEVICE


def test_models_know_no_tensorflow():
    for path in (ROOT / "models").glob("*.py"):
        assert "tensorflow" not in {name.split(".")[0] for name in imported(path)}


def test_every_file_is_importable():
    import importlib.util

    missing = [
        f"{path.parent.name}/{path.name}"
        for path in FILES
        if importlib.util.find_spec(f"seq2edge.{path.parent.name}.{path.stem}") is None
    ]
    assert missing == [], "new files are linked by: pip install --no-deps --editable ."
