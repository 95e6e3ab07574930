"""Docstrings as autodoc wants them: their Markdown links become those of reStructuredText."""

import re
from typing import Any

LINK = re.compile(r"\[([^\]\n]+)\]\((https?://[^)\s]+)\)")


def setup(app: Any) -> dict[str, bool]:
    app.connect("autodoc-process-docstring", _links)
    return {"parallel_read_safe": True}


def _links(app: Any, what: str, name: str, obj: Any, options: Any, lines: list[str]) -> None:
    lines[:] = [LINK.sub(r"`\1 <\2>`__", line) for line in lines]
