"""Bars for the probabilities of the next tokens at each step of an answer."""

from collections.abc import Mapping
from math import exp

from seq2edge.demo.components.markup import columns_of, escape, percent, token_label
from seq2edge.device.inspection import InspectedPart
from seq2edge.device.search.trace import ROOT, Node

LAST_COLUMNS = 28  # columns shown of the text before a step


def next_tokens(part: InspectedPart, strings: Mapping[str, str]) -> str:
    """Return a card for each step, with the most likely tokens and the chosen one.

    A click on a token triggers "select" with the text up to this token as `prefix`.

    Args:
        part: A part of an inspection.
        strings: The texts of a language, from `words.table`.
    """
    path = part.trace.path(part.trace.best)
    cards = "".join(_card(part, number, chosen, strings) for number, chosen in enumerate(path, 1))
    return (
        f'<section class="li li-next"><p class="li-note">{escape(strings["look_next_help"])}</p>'
        f'<ol class="li-cards">{cards}</ol></section>'
    )


def _card(part: InspectedPart, number: int, chosen: Node, strings: Mapping[str, str]) -> str:
    parent = ROOT.id if chosen.parent is None else chosen.parent
    following, bars = part.trace.next_tokens[parent], []
    for token, log_prob, text in zip(following.token_ids, following.log_probs, part.choices[parent], strict=True):
        label, share = escape(token_label(part.tokens[token], strings["look_end"])), exp(log_prob)
        is_chosen, mark = token == chosen.token_id, ""
        if is_chosen:
            mark = f'<span class="li-mark">✓<span class="li-hidden"> {escape(strings["look_chosen"])}</span></span>'
        bars.append(
            f'<li class="li-bar{" li-on" if is_chosen else ""}" style="--w: {share:.3f}">'
            f'<button type="button" class="li-name" data-prefix="{escape(text)}" title="{label}">{label}</button>{mark}'
            f'<span class="li-share">{escape(percent(share))}</span></li>'
        )
    before = _ending(part.texts[parent])
    after = f'<span class="li-after">{escape(strings["look_after"].format(text=before))}</span>' if before else ""
    title = escape(strings["look_step"].format(number=number))
    return f'<li class="li-card"><h2>{title} {after}</h2><ul class="li-bars">{"".join(bars)}</ul></li>'


def _ending(text: str) -> str:
    """Return the last words of a text, whole where possible."""
    end = text
    while columns_of(end) > LAST_COLUMNS:
        end = end.partition(" ")[2] or end[1:]
    return end if end == text else f"…{end}"
