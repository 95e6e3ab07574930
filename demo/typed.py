"""Shows texts as they were typed. Gradio's conversation always interprets "<" and "&" as HTML.

A word joiner, which has no width, is inserted after them to prevent this, and removed from texts that come back.
"""

import re

JOINER = "\u2060"
SPECIAL = re.compile("[<&]")


def shown(text: str) -> str:
    """Return a text for the conversation."""
    return SPECIAL.sub(lambda found: found[0] + JOINER, text)


def original(text: str) -> str:
    """Return the original of a text from `shown`."""
    return re.sub(f"(?<=[<&]){JOINER}", "", text)
