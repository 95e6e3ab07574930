"""Limits of the sizes of modules and functions, and dependencies between the parts of the pipeline."""

import ast
from pathlib import Path

ROOT = Path(__file__).parents[1]
ROOMS = ("models", "pipeline", "export", "device", "demo", "cli", "api")
MODULE_LINES, FUNCTION_LINES, PARAMETERS = 300, 50, 6
PIPELINE_ENTRIES, PIPELINE_ARROWS = 10, 25
OWN_FILES = {"__init__.py", "py.typed", "__pycache__"}
FILES = [path for room in ROOMS for path in sorted((ROOT / room).rglob("*.py"))]


def functions(path):
    """Each function with the name of its class, or None."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    owner = {
        child: node.name
        for node in ast.walk(tree)
        if isinstance(node, ast.ClassDef)
        for child in ast.iter_child_nodes(node)
    }
    for node in ast.walk(tree):
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)):
            yield node, owner.get(node)


def parameters(function):
    """The number of parameters. Those of a Keras layer do not count, because they are its settings."""
    arguments = function.args
    names = [argument.arg for argument in (*arguments.posonlyargs, *arguments.args, *arguments.kwonlyargs)]
    is_layer_setting = function.name == "__init__" and arguments.kwarg is not None
    return 0 if is_layer_setting else len([name for name in names if name not in ("self", "cls")])


def test_modules_are_short():
    lengths = {str(path.relative_to(ROOT)): len(path.read_text(encoding="utf-8").splitlines()) for path in FILES}
    assert {name: length for name, length in lengths.items() if length > MODULE_LINES} == {}


def test_functions_are_short_and_take_few_parameters():
    too_long, too_many = [], []
    for path in FILES:
        for function, owner in functions(path):
            place = f"{path.relative_to(ROOT)}:{function.lineno} {owner or ''}.{function.name}"
            if (lines := function.end_lineno - function.lineno + 1) > FUNCTION_LINES:
                too_long.append(f"{place}: {lines} lines")
            if (number := parameters(function)) > PARAMETERS:
                too_many.append(f"{place}: {number} parameters")
    assert too_long == []
    assert too_many == []


def test_the_pipeline_has_few_parts_without_cycles():
    pipeline = ROOT / "pipeline"
    assert len({entry.name for entry in pipeline.iterdir()} - OWN_FILES) <= PIPELINE_ENTRIES
    arrows = {}
    for path in pipeline.rglob("*.py"):
        part = path.relative_to(pipeline).parts[0].removesuffix(".py")
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.ImportFrom) and (node.module or "").startswith("seq2edge.pipeline."):
                arrows.setdefault(part, set()).add(node.module.split(".")[2])
    arrows = {part: others - {part} for part, others in arrows.items()}
    assert sum(map(len, arrows.values())) <= PIPELINE_ARROWS
    remaining = dict(arrows)
    while leaves := [part for part, others in remaining.items() if not others & remaining.keys()]:
        for part in leaves:
            del remaining[part]
    assert remaining == {}, "these parts import each other in a circle"
