"""Links from a page to a file outside docs/: the site does not have the file, so it shows the path instead."""

import re
from pathlib import Path
from typing import Any

DOCS = Path(__file__).parents[1]
LINK = re.compile(r"\[([^\]\n]+)\]\(((?:\.\./)+[^)#\s]*)\)")


def setup(app: Any) -> dict[str, bool]:
    app.connect("source-read", _show_paths)
    return {"parallel_read_safe": True}


def _show_paths(app: Any, page: str, source: list[str]) -> None:
    folder = (DOCS / page).parent

    def path_or_link(found: re.Match[str]) -> str:
        target = (folder / found[2]).resolve()
        if target.is_relative_to(DOCS.resolve()):
            return found[0]
        return f"{found[1]} (`{target.relative_to(DOCS.resolve().parent)}`)"

    source[0] = LINK.sub(path_or_link, source[0])
