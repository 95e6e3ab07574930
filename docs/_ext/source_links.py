"""Pages that are files of the repository's root, and links from a page to a file outside docs/.

The site does not have such a file, so it shows the path instead of a link.
"""

import os
import re
from pathlib import Path
from typing import Any

DOCS = Path(__file__).resolve().parents[1]
ROOT = DOCS.parent
ROOT_PAGES = {"contributing": ROOT / "CONTRIBUTING.md", "changelog": ROOT / "CHANGELOG.md"}
LINK = re.compile(r"\[([^\]\n]+)\]\(([^)#\s:]+)(#[^)\s]*)?\)")


def setup(app: Any) -> dict[str, bool]:
    app.connect("source-read", _read)
    app.connect("env-get-outdated", lambda *_: list(ROOT_PAGES))
    return {"parallel_read_safe": True}


def _read(app: Any, page: str, source: list[str]) -> None:
    file = ROOT_PAGES.get(page, DOCS / f"{page}.md")
    text = file.read_text(encoding="utf-8") if page in ROOT_PAGES else source[0]
    source[0] = LINK.sub(lambda found: _link(found, file.parent, (DOCS / page).parent), text)


def _link(found: re.Match[str], folder: Path, page_folder: Path) -> str:
    """A link of a file in `folder`, as a page in `page_folder` of the site has it."""
    label, path, anchor = found.groups()
    target = (folder / path).resolve()
    if target.is_relative_to(DOCS):
        return f"[{label}]({os.path.relpath(target, page_folder)}{anchor or ''})"
    return label if label == target.name else f"{label} (`{target.relative_to(ROOT)}`)"
