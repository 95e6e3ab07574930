"""An interactive view of the attention between a text and its answer, for mouse, touch and keyboard."""

import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from seq2edge.demo.components.markup import escape, percent, token_label
from seq2edge.device.inspection import InspectedPart
from seq2edge.device.words import without_end

MOST = 40  # largest number of rows and columns of the table
ALL = 0.98  # a larger weight counts as all of the attention
SHOWN = 0.05  # smaller weights are shown without a number


@dataclass(frozen=True)
class Pane:
    """Attention between two rows of labels.

    Attributes:
        name: "words" or "tokens".
        weights: `(len(target), len(source))`, 0 to 1.
    """

    name: str
    source: Sequence[str]
    target: Sequence[str]
    weights: np.ndarray


def attention_view(part: InspectedPart, strings: Mapping[str, str]) -> str:
    """Return attention as HTML: words that highlight each other, a heat map, and a list for screen readers.

    A switch shows tokens instead of words.

    Args:
        part: A part of an inspection.
        strings: The texts of a language, from `words.table`.
    """
    if part.attention is None or part.word_attention is None:
        return f'<p class="li li-note">{escape(strings["look_attention_none"])}</p>'
    end = strings["look_end"]
    weights, source, left_out = without_end(part.word_attention, part.source_words)
    target = part.target_words
    words = ([token_label(word.text, end) for word in source], [token_label(word.text, end) for word in target])
    tokens = (
        [token_label(one, end) for one in part.source_tokens],
        [token_label(one, end) for one in part.target_tokens],
    )
    panes = [Pane("words", *words, weights), Pane("tokens", *tokens, part.attention)]
    switch = "".join(
        f'<button type="button" class="li-switch" data-show="{pane.name}" aria-pressed="{str(not place).lower()}">'
        f"{escape(strings[f'look_by_{pane.name}'])}</button>"
        for place, pane in enumerate(panes)
    )
    shown = "".join(_pane(pane, strings, is_hidden=place > 0) for place, pane in enumerate(panes))
    return (
        '<section class="li li-attention">'
        f'<div class="li-head"><p class="li-note">{escape(strings["look_attention_help"])}</p>'
        f'<div class="li-switches" role="group" aria-label="{escape(strings["look_units"])}">{switch}</div></div>'
        f"{_end(left_out, strings) or _one_place(part.attention, strings)}{shown}</section>"
    )


def heat(weight: float) -> float:
    """Return the intensity of a weight's colour, 0 to 1. It is the square root, so that small weights are visible."""
    return math.sqrt(max(weight, 0.0))


def _end(left_out: float, strings: Mapping[str, str]) -> str:
    """Return a note if the words are shown without the end of the text."""
    if not left_out:
        return ""
    return f'<p class="li-note">{escape(strings["look_attention_end"].format(share=percent(left_out)))}</p>'


def _one_place(weights: np.ndarray, strings: Mapping[str, str]) -> str:
    """Return a note if all target tokens attend to the same source token."""
    if len(weights) < 2 or weights.min(axis=0).max() < ALL:
        return ""
    return f'<p class="li-note">{escape(strings["look_attention_one"])}</p>'


def _pane(pane: Pane, strings: Mapping[str, str], is_hidden: bool) -> str:
    percents = np.rint(100 * pane.weights).astype(int)
    strongest = [
        strings["look_mostly"].format(
            target=target, source=pane.source[int(row.argmax())], share=percent(float(row.max()))
        )
        for target, row in zip(pane.target, pane.weights, strict=True)
    ]
    given = [_most_given(pane, column, strings) for column in range(len(pane.source))]
    first = pane.weights[0]
    return (
        f'<div class="li-pane" data-pane="{pane.name}" data-weights="{json.dumps(percents.tolist())}"'
        f"{' hidden' if is_hidden else ''}>"
        f"{_chips(strings['look_answer'], 'target', pane.target, strongest, None)}"
        f"{_chips(strings['look_source'], 'source', pane.source, given, first)}"
        f"{_table(pane, strings)}"
        f'<ul class="li-hidden">{"".join(f"<li>{escape(line)}</li>" for line in strongest)}</ul></div>'
    )


def _most_given(pane: Pane, column: int, strings: Mapping[str, str]) -> str:
    """Describe the target that gives a source its largest weight."""
    weights = pane.weights[:, column]
    return strings["look_mostly"].format(
        target=pane.source[column], source=pane.target[int(weights.argmax())], share=percent(float(weights.max()))
    )


def _chips(title: str, side: str, labels: Sequence[str], spoken: Sequence[str], weights: np.ndarray | None) -> str:
    """Return a row of words.

    Args:
        title: Name of the side.
        side: "source" or "target".
        labels: The words.
        spoken: Descriptions of the words for screen readers.
        weights: Attention between each word and the first word of the other side. None: this is the other side, whose
            first word is highlighted.
    """
    chips = []
    for place, (label, said) in enumerate(zip(labels, spoken, strict=True)):
        weight = 0.0 if weights is None else float(weights[place])
        share = percent(weight) if weight >= SHOWN else ""
        is_on = weights is None and place == 0
        chips.append(
            f'<button type="button" class="li-chip{" li-on" if is_on else ""}" data-side="{side}" data-place="{place}" '
            f'style="--heat: {heat(weight):.2f}" aria-label="{escape(said)}">{escape(label)}'
            f'<span class="li-share" aria-hidden="true">{share.replace("<", "&lt;")}</span></button>'
        )
    return (
        f'<div class="li-side" role="group" aria-label="{escape(title)}"><p class="li-caption">{escape(title)}</p>'
        f'<div class="li-chips">{"".join(chips)}</div></div>'
    )


def _table(pane: Pane, strings: Mapping[str, str]) -> str:
    if max(pane.weights.shape) > MOST:
        return f'<p class="li-note li-wide">{escape(strings["look_attention_large"].format(most=MOST))}</p>'
    head = "".join(f'<th scope="col"><span>{escape(label)}</span></th>' for label in pane.source)
    rows = "".join(
        f'<tr><th scope="row">{escape(label)}</th>{"".join(map(_cell, row.tolist()))}</tr>'
        for label, row in zip(pane.target, pane.weights, strict=True)
    )
    name = escape(strings["look_attention_table"])
    return (
        f'<div class="li-scroll li-wide" role="region" tabindex="0" aria-label="{name}"><table class="li-heat">'
        f"<thead><tr><td></td>{head}</tr></thead><tbody>{rows}</tbody></table></div>"
    )


def _cell(weight: float) -> str:
    number = f"{100 * weight:.0f}" if weight >= SHOWN else ""
    return f'<td style="--heat: {heat(weight):.2f}">{number}</td>'
