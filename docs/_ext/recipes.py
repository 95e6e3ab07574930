"""Fills `recipes.md` from the files of the recipes, so that no fact stands twice."""

import tomllib
from pathlib import Path
from typing import Any

RECIPES = Path(__file__).parents[2] / "pipeline" / "recipes"
PAGE, MARK = "recipes", "<!-- recipes -->"


def setup(app: Any) -> dict[str, bool]:
    app.connect("source-read", _fill)
    app.connect("env-get-outdated", lambda *_: [PAGE])
    return {"parallel_read_safe": True}


def _fill(app: Any, page: str, source: list[str]) -> None:
    if page == PAGE:
        source[0] = source[0].replace(MARK, recipes_markdown())


def recipes_markdown() -> str:
    """A table of all recipes, and a section with the comments and the settings of each."""
    recipes = {path.stem: path for path in sorted(RECIPES.glob("*.toml"))}
    values = {name: tomllib.loads(path.read_text(encoding="utf-8")) for name, path in recipes.items()}
    rows = [
        f"| [{name}](#{name}) | {_of(values, name, 'task')} | {one['about']} | {one.get('measured', 'not measured')} |"
        for name, one in values.items()
    ]
    table = ["| recipe | task | what | measured |", "|---|---|---|---|", *rows]
    return "\n".join([*table, *(_section(name, path) for name, path in recipes.items())])


def _of(values: dict[str, dict[str, Any]], name: str, key: str) -> Any:
    """The value of a key, which may stand in the recipe's base."""
    return values[name][key] if key in values[name] else _of(values, values[name]["base"], key)


def _section(name: str, path: Path) -> str:
    text = path.read_text(encoding="utf-8")
    return f"\n## {name}\n\n{_head(text)}\n\n```toml\n{_settings(text)}\n```"


def _head(text: str) -> str:
    """The comment at the top of a recipe, as Markdown: its first line is the command."""
    lines = []
    for line in text.splitlines():
        if not line.startswith("#"):
            break
        lines.append(line.removeprefix("#").strip())
    command, *rest = lines
    return f"`{command}`\n\n" + "\n".join(rest).strip()


def _settings(text: str) -> str:
    return "\n".join(line for line in text.splitlines() if line[:1] != "#").strip()
