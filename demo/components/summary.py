"""The summary of an answer: its text, what decided it, and the confidence of each word."""

from collections.abc import Mapping
from typing import Any

from seq2edge.demo.components.confidence import confidence
from seq2edge.demo.components.markup import escape
from seq2edge.device.inspection import Inspection


def summary(inspection: Inspection, settings: Mapping[str, Any], strings: Mapping[str, str]) -> str:
    """Return the summary of an inspection as HTML.

    Args:
        inspection: The inspection.
        settings: Decoding options that differ from the bundle's own.
        strings: The texts of a language, from `words.table`.
    """
    decided = strings[f"look_decided_{inspection.decided_by.replace('-', '_')}"]
    lines = [f'<p class="li-said">{escape(inspection.result.text)}</p>', _line(strings["look_decided"], decided)]
    if inspection.model_text is not None and inspection.decided_by != "model":
        lines.append(_line(strings["look_model_text"], inspection.model_text))
    if settings:
        named = [_setting(name, value, strings) for name, value in settings.items()]
        lines.append(_line(strings["look_settings"], ", ".join(named)))
    sure = "".join(
        confidence(part.target_words, part.word_confidences, strings) for part in inspection.parts if part.target_words
    )
    return f'<div class="li li-summary" role="status">{"".join(lines)}</div>{sure}'


def _line(title: str, text: str) -> str:
    return f'<p class="li-fact"><strong>{escape(title)}</strong>: {escape(text)}</p>'


def _setting(name: str, value: Any, strings: Mapping[str, str]) -> str:
    """Return an option in words, such as "Draw at random" or "Top k 5"."""
    title = strings.get(f"option_{name}", name)
    if value is True:
        return title
    return f"{title} {', '.join(map(str, value)) if isinstance(value, tuple) else value}"
