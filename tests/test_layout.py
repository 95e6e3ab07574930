"""The layout of the project: imports between folders, packaging, and importable files."""

import ast
import importlib.util
import re
import tomllib
from pathlib import Path

import pytest

from seq2edge.device.tasks import TASKS

ROOT = Path(__file__).parents[1]
ALLOWED = {  # rooms that a room may import beside itself
    "device": set(),
    "models": set(),
    "pipeline": {"models", "device"},
    "export": {"pipeline", "models", "device"},
    "demo": {"device"},
    "cli": {"pipeline", "models", "export", "device", "demo"},
    "api": {"device"},
}
ROOT_PACKAGE = "api"  # the room whose code is `seq2edge` itself
ONLY_IN_REPOSITORY = ROOT / "pipeline/corpora/smalltalk/guard/messages"  # data that only development needs
FORBIDDEN = {  # packages that a room never imports
    "device": {"tensorflow", "keras", "tensorflow_text", "keras_nlp", "tqdm", "pydantic"},
    "models": {"tensorflow"},
}
FILES = [path for room in ALLOWED for path in sorted((ROOT / room).rglob("*.py"))]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["tool"]


def module(path):
    """The dotted name of a file."""
    parts = path.relative_to(ROOT).with_suffix("").parts
    return ".".join(("seq2edge", *(part for part in parts if part not in ("__init__", ROOT_PACKAGE))))


def imported(path):
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            yield node.module
            if node.module.startswith("seq2edge"):  # `from seq2edge.device import runner`
                yield from (f"{node.module}.{alias.name}" for alias in node.names)


@pytest.mark.parametrize("room", ALLOWED)
def test_imports_go_in_one_direction(room):
    for path in (ROOT / room).rglob("*.py"):
        names = list(imported(path))
        ours = {name.split(".")[1] for name in names if name.startswith("seq2edge.")}
        assert ours - {room} <= ALLOWED[room], path
        assert not {name.split(".")[0] for name in names} & FORBIDDEN.get(room, set()), path


def test_runners_do_not_import_the_server():
    serving = ROOT / "device" / "serving"
    for path in (ROOT / "device").rglob("*.py"):
        names = list(imported(path))
        if serving not in path.parents:
            assert not {name.split(".")[0] for name in names} & {"fastapi", "starlette", "uvicorn", "h11"}, path
            assert not [name for name in names if name.startswith("seq2edge.device.serving")], path


def test_init_files_import_nothing():
    of_rooms = [path for path in FILES if path.name == "__init__.py" and path.parent != ROOT / ROOT_PACKAGE]
    assert [path for path in of_rooms if list(imported(path))] == []


def test_every_folder_of_code_is_a_package():
    assert {path.parent for path in FILES} == {path.parent for path in FILES if path.name == "__init__.py"}


def test_every_package_is_listed_for_the_wheel():
    packages = sorted(module(path) for path in FILES if path.name == "__init__.py")
    assert sorted(PROJECT["setuptools"]["packages"]) == packages
    folders = {f"seq2edge.{room}": room for room in ALLOWED if room != ROOT_PACKAGE} | {"seq2edge": ROOT_PACKAGE}
    assert PROJECT["setuptools"]["package-dir"] == folders


def test_all_packages_are_type_checked():
    assert PROJECT["mypy"]["packages"] == ["seq2edge"]
    assert (ROOT / ROOT_PACKAGE / "py.typed").is_file()


def test_every_data_file_is_listed_for_the_wheel():
    listed = set()
    for package, patterns in PROJECT["setuptools"]["package-data"].items():
        folder = ROOT.joinpath(*package.split(".")[1:] or [ROOT_PACKAGE])
        listed |= {found for pattern in patterns for found in folder.glob(pattern)}
    existing = {
        path
        for room in ALLOWED
        for path in (ROOT / room).rglob("*")
        if path.is_file() and path.suffix != ".py" and "__pycache__" not in path.parts
    }
    assert {path for path in existing if ONLY_IN_REPOSITORY not in path.parents} == listed


def test_every_file_is_importable():
    missing = [module(path) for path in FILES if importlib.util.find_spec(module(path)) is None]
    assert missing == [], "new files are linked by: pip install --no-deps --editable ."


def test_no_code_compares_the_name_of_a_task():
    compared = []
    for path in FILES:
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, (ast.Compare, ast.MatchValue)):
                text = ast.unparse(node)
                named = {part.value for part in ast.walk(node) if isinstance(part, ast.Constant)} & TASKS.keys()
                if named or re.search(r"\btask (==|!=) ", text):
                    compared.append(f"{path.relative_to(ROOT)}:{node.lineno} {text}")
    assert compared == [], "what is particular to a task is a field of device/tasks.py"
