"""Attention as a list that fits a narrow screen, with one line for each word of the answer."""

import html
from collections.abc import Sequence

from seq2edge.device.result import Part

MOST = 3  # largest number of source words for one word of the answer
LEAST = 0.1  # smallest attention weight that is shown


def chips(part: Part) -> str:
    """Return the tokens of an answer, each with the source tokens of most attention; empty without attention."""
    if part.attention is None:
        return ""
    rows = "".join(
        f"<li><b>{_shown(token)}</b>{_looked_at(part.source_tokens, weights.tolist())}</li>"
        for token, weights in zip(part.target_tokens, part.attention, strict=False)
    )
    return f'<ol class="chips">{rows}</ol>'


def _looked_at(source: Sequence[str], weights: Sequence[float]) -> str:
    best = sorted(zip(weights, source, strict=False), reverse=True)[:MOST]
    return "".join(
        f'<span class="chip" style="--weight:{weight:.2f}">{_shown(token)} <small>{100 * weight:.0f}%</small></span>'
        for weight, token in best
        if weight >= LEAST
    )


def _shown(token: str) -> str:
    return html.escape(token.replace("▁", "·"))
