"""The panel that shows what the model looked at."""

from collections.abc import Sequence
from dataclasses import dataclass

import gradio as gr
import numpy as np

from seq2edge.demo.answers import RefusedError, answer, check
from seq2edge.demo.components.chips import chips
from seq2edge.demo.heatmap import heatmap
from seq2edge.demo.loading import Shelf
from seq2edge.demo.panels.panel import QUIET, Explained, choice
from seq2edge.demo.words import both, label

ID = "inside"
ALL = 0.9999  # of the attention


@dataclass(frozen=True)
class Inside:
    """Shows the attention of an answer."""

    shelf: Shelf

    def look(self, text: str, key: str) -> str:
        """What the model looked at, as HTML."""
        try:
            check(text)
            result = answer(self.shelf[key].runner, text)
        except RefusedError as refused:
            return refused.html()
        shown = "".join(
            f'<div class="wide" tabindex="0">{heatmap(part.source_tokens, part.target_tokens, part.attention)}</div>'
            f'<div class="narrow">{chips(part)}</div>'
            for part in result.parts
            if part.attention is not None and _is_spread(part.attention)
        )
        if not shown:
            return f'<p class="hint">{both("no_attention")}</p>'
        return f'<h2>{both("attention")}</h2><p class="hint">{both("attention_note")}</p>{shown}'

    def explain(self, text: str, key: str) -> tuple[gr.Tabs, str, str, str]:
        """Open the panel with an answer of another one."""
        return gr.Tabs(selected=ID), text, key, self.look(text, key)


def build_inside(shelf: Shelf, tabs: gr.Tabs, panels: Sequence[Explained]) -> None:
    """Add the panel to the page that is being built.

    Args:
        panels: Those whose answers it explains.
    """
    with gr.Row(elem_classes=["composer", "long"]):
        text = gr.Textbox(label=label("inside_text"), lines=2, elem_id="inside-text", scale=5)
        bundle = choice(shelf.loaded, "inside-bundle", scale=2)
        look = gr.Button(label("look"), variant="primary", elem_id="look", scale=0, min_width=96)
    view = gr.HTML("", elem_id="inside-view")
    inside = Inside(shelf)
    gr.on([look.click, text.submit, bundle.change], inside.look, [text, bundle], view, **QUIET)
    for panel in panels:
        panel.status.select(inside.explain, [panel.source, panel.bundle], [tabs, text, bundle, view], **QUIET)


def _is_spread(attention: np.ndarray) -> bool:
    """Whether a model chooses where to look: one that reads a text as a whole has a single place for all tokens."""
    return len(attention) == 1 or bool((attention[:, 0] < ALL).any())
