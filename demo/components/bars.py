"""Bars for the probabilities of labels."""

import html
from collections.abc import Sequence


def bar(share: float) -> str:
    """Return a bar as HTML.

    Args:
        share: Length of the bar, from 0 to 1.
    """
    return f'<span class="bar" aria-hidden="true"><i style="width:{100 * share:.1f}%"></i></span>'


def bars(labels: Sequence[tuple[str, float]]) -> str:
    """Return bars as HTML for labels with their probabilities, 0 to 1, best first.

    A label such as "fun_fact" is shown as words. Its exact name is the tooltip.
    """
    rows = "".join(
        f'<li><span class="name" title="{html.escape(name)}">{html.escape(name.replace("_", " "))}</span>'
        f'<span class="percent">{100 * value:.1f}%</span>{bar(value)}</li>'
        for name, value in labels
    )
    return f'<ol class="bars">{rows}</ol>' if rows else ""
