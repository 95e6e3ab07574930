"""Where the model looked, a line for each word of the answer: what a narrow screen has room for."""

import html
from collections.abc import Sequence

from seq2edge.device.result import Part

MOST = 3  # words of the source beside one of the answer
LEAST = 0.1  # attention that is worth a chip


def chips(part: Part) -> str:
    """The tokens of an answer, each with the tokens of the source that had most attention; empty without attention."""
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
        f'<span class="chip" style="--weight:{weight:.2f}">{_shown(token)} <small>{100 * weight:.0f} %</small></span>'
        for weight, token in best
        if weight >= LEAST
    )


def _shown(token: str) -> str:
    return html.escape(token.replace("▁", "·"))
