"""Bars for the probabilities of labels."""

import html
from collections.abc import Sequence


def bars(labels: Sequence[tuple[str, float]]) -> str:
    """Return bars as HTML for labels with their probabilities, 0 to 1, best first."""
    rows = "".join(
        f'<li><span class="name">{html.escape(name)}</span><span class="percent">{100 * value:.1f} %</span>'
        f'<span class="bar" aria-hidden="true"><i style="width:{100 * value:.1f}%"></i></span></li>'
        for name, value in labels
    )
    return f'<ol class="bars">{rows}</ol>' if rows else ""
