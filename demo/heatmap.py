"""An attention matrix as an HTML table: readable on a phone, for any script, without a plotting library."""

import html
from collections.abc import Sequence

import numpy as np

STYLE = """
.heatmap { overflow-x: auto; }
.heatmap table { border-collapse: collapse; font-size: 13px; }
.heatmap th { font-weight: 500; padding: 2px 6px; white-space: nowrap; text-align: right; }
.heatmap thead th { vertical-align: bottom; height: 90px; padding: 0; }
.heatmap thead th span { display: inline-block; writing-mode: vertical-rl; transform: rotate(180deg); }
.heatmap td { width: 26px; min-width: 26px; height: 26px; border: 1px solid rgba(128, 128, 128, .15); }
"""


def heatmap(source: Sequence[str], target: Sequence[str], weights: np.ndarray) -> str:
    """Render attention as a table: the larger a weight, the darker its cell.

    Args:
        source, target: Tokens of the columns and rows.
        weights: `(len(target), len(source))`, 0 to 1.
    """
    head = "".join(f"<th><span>{_show(token)}</span></th>" for token in source)
    rows = []
    for token, row in zip(target, weights, strict=False):
        cells = "".join(
            f'<td style="background: rgba(37, 99, 175, {weight:.3f})" title="{_show(column)} {weight:.2f}"></td>'
            for column, weight in zip(source, row, strict=False)
        )
        rows.append(f"<tr><th>{_show(token)}</th>{cells}</tr>")
    table = f"<table><thead><tr><th></th>{head}</tr></thead><tbody>{''.join(rows)}</tbody></table>"
    return f'<div class="heatmap">{table}</div>'


def _show(token: str) -> str:
    return html.escape(token.replace("▁", "·"))
