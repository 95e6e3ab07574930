"""Shows texts as they were typed: Gradio's conversation takes "<" and "&" for HTML, whatever it is told.

A word joiner, which has no width, behind them keeps them text; it is taken out again of what comes back.
"""

import re

JOINER = "\u2060"
SPECIAL = re.compile("[<&]")


def shown(text: str) -> str:
    """A text for the conversation."""
    return SPECIAL.sub(lambda found: found[0] + JOINER, text)


def original(text: str) -> str:
    """The text of what `shown` gave."""
    return re.sub(f"(?<=[<&]){JOINER}", "", text)
